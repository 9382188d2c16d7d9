import pytest

from midun.anchoring.configuration import FILE, Anchors, AnchorsProblem, anchors, parse
from midun.anchoring.local import write_development
from midun.lib.timestamp.pem import certificates_to_pem
from midun.lib.tlog.policy import parse_policy
from tests.anchoring.building import configure, signer
from tests.lib.timestamp.building import authority
from tests.lib.tlog.building import KEY, KEY_SM2

W = signer("w.example/1").verifier.vkey
V = signer("w.example/2").verifier.vkey

FULL = f"""
witnesses:
- name: gzc
  title: 某市公证处
  role: notary
  key: [{W}, {V}]
  url: https://witness.example/
- name: court
  role: court
  key: {signer("c").verifier.vkey}
quorum: 1
authorities:
- name: tsa
  title: 持牌时间戳机构
  url: https://tsa.example/tsp
  roots: root.pem
  digest: sm3
  every: 30
  policy: 1.2.3
  policies: [1.2.3]
  basic: {{user: 平台, password_file: password}}
  client_certificate: client.pem
stamps: 1
retired: {{sha256: 2035-01-01}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "root.pem").write_text(certificates_to_pem([authority().identity.root]), encoding="utf-8")
    (tmp_path / "password").write_text("秘密\n", encoding="utf-8")
    (tmp_path / "client.pem").write_text("x")
    return tmp_path


def test_it_works(folder):
    found = parse(FULL, folder)
    gzc, court = found.witnesses
    assert (gzc.title, gzc.role_title, len(gzc.keys), court.url) == ("某市公证处", "公证机构", 2, "")
    [tsa] = found.authorities
    assert tsa.roots == (authority().identity.root,)
    assert tsa.credentials.authorization.startswith("Basic ")
    assert "秘密" not in repr(found)
    assert found.retired["sha256"].year == 2035
    policy = parse_policy(found.policy_text([KEY.verifier, KEY_SM2.verifier]).encode())
    assert policy.satisfied_by([gzc.keys[1]])
    assert policy.satisfied_by([court.keys[0]])
    assert not policy.satisfied_by([])
    assert not found.development


def test_no_file_is_nothing_configured(db):
    assert anchors() == Anchors()
    assert parse_policy(anchors().policy_text([KEY.verifier]).encode()).quorum == b"none"


def test_the_development_configuration_says_what_it_is(db, settings):
    path = settings.MIDUN_HOME / FILE
    assert write_development(path)
    assert not write_development(path)
    found = anchors()
    assert found.development
    assert all("不具独立性" in witness.title for witness in found.witnesses)
    assert all("非法定时间" in one.title for one in found.authorities)


def test_a_changed_file_counts_at_once(db):
    assert not configure("").witnesses
    assert configure(f"witnesses:\n- {{name: a, key: {W}}}\n").witnesses


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("title: 某市公证处", "titel: x"), "不认识 titel"),
        (("title: 某市公证处", 'title: "x\\nquorum none"'), "写在一行内"),
        (("name: court", "name: gzc"), "name 重复"),
        (("name: court", "name: none"), "name 只用"),
        (("name: court", "name: 法院"), "name 只用"),
        (("role: court", "role: king"), "role 应为"),
        (("quorum: 1", "quorum: 3"), "quorum 应为"),
        (("quorum: 1", "quorum: 0"), "quorum 应为"),
        (("quorum: 1", "quorum: two"), "quorum 应为整数"),
        (("stamps: 1", "stamps: 2"), "stamps 应为"),
        ((W, V), "不对"),
        ((W, W[:-8]), "公钥"),
        ((W, KEY.verifier.vkey), "见证公钥"),
        (("https://witness.example/", "witness.example"), "url 应以"),
        (("roots: root.pem", "roots: none.pem"), "不能读取"),
        (("roots: root.pem", "roots: password"), "没有证书"),
        (("roots: root.pem", "every: 30"), "roots 须列出"),
        (("digest: sm3", "digest: md5"), "digest 为"),
        (("password_file: password", "password_file: lost"), "没有文件 lost"),
        (("2035-01-01", "soon"), "应为日期"),
        (("quorum: 1", "quorum: ["), "不是有效的 YAML"),
    ],
)
def test_a_mistake_is_named(folder, change, says):
    assert change[0] in FULL
    text = FULL.replace(*change)
    if change[1] == "every: 30":
        text = text.replace("  every: 30\n", "", 1)
    with pytest.raises(AnchorsProblem) as problem:
        parse(text, folder)
    assert says in str(problem.value)


@pytest.mark.parametrize("text", ["[]", "x", "1", "witnesses: 3", "witnesses: [3]", "authorities: [{name: a}]", "x: 1"])
def test_what_is_no_configuration_is_refused(folder, text):
    with pytest.raises(AnchorsProblem):
        parse(text, folder)
