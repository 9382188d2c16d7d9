"""Summaries carry no content and no lies; sealed bundles open for their session and side only, in memory only."""

import json
import os
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midun.config import matching_commands
from midun.lib.similarity import sealed_run
from midun.lib.similarity.report.summary import BadReport, encode, parse_summary, summarised
from midun.lib.similarity.sealed import (
    BadBundle,
    Session,
    new_secret,
    pack,
    parse_session,
    public_of,
    seal,
    unpack,
    unseal,
)
from tests.lib.similarity.building import prose
from tests.lib.similarity.reports import SECRET, TITLE, full_report

NUMBER = "7d9f8b0e-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def report():
    return full_report()


@pytest.fixture(scope="module")
def secret():
    return new_secret()


@pytest.fixture(scope="module")
def session(secret):
    return Session(NUMBER, public_of(secret))


def test_a_summary_has_shares_and_no_content(report):
    made = summarised(report, titles=False)
    text = encode(made).decode()
    assert made["points"][0]["above_threshold"]
    assert made["points"][0]["covered"] > 0.5
    assert TITLE not in text
    assert "甲.txt" not in text
    assert not any(SECRET[n : n + 6] in text for n in range(0, len(SECRET) - 6, 6))
    assert parse_summary(text.encode()) == made
    assert summarised(report, titles=True)["points"][0]["title"] == TITLE


def changed(report, change):
    raw = json.loads(report)
    change(raw)
    return json.dumps(raw).encode()


LIES = {
    "shares do not add up": lambda r: r["findings"][0].update(verbatim=0.9, adapted=0.9),
    "moved beyond covered": lambda r: r["findings"][0].update(covered=0.1, verbatim=0.1, adapted=0.0, reordered=0.5),
    "threshold denied": lambda r: r["findings"][0].update(above_threshold=False),
    "error rate prettier": lambda r: r["findings"][0]["false_positives"].update(trials=10**6),
    "upper bound prettier": lambda r: r["findings"][0]["false_positives"].update(upper_95=0.0),
    "nothing shown": lambda r: r["findings"][0].update(passages=[]),
    "no findings": lambda r: r.update(findings=[]),
    "another method": lambda r: r.update(pipeline="midun-normalise/9"),
    "torn digest": lambda r: r["a"][0].update(sha256="abc"),
    "no time zone": lambda r: r.update(made_at="2025-06-10T10:00:00"),
    "share beyond all": lambda r: r["findings"][0].update(covered=2, verbatim=2, adapted=0),
    "not a number": lambda r: r["findings"][0].update(evidence_bits="many"),
    "another format": lambda r: r.update(format="x"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_report_that_contradicts_itself_is_refused(report, lie):
    with pytest.raises(BadReport):
        summarised(changed(report, LIES[lie]), titles=True)


def test_a_summary_with_anything_more_in_it_is_refused(report):
    made = summarised(report, titles=False)
    for bad in ({**made, "extra": SECRET}, {**made, "points": [{**made["points"][0], "text": SECRET}]}):
        with pytest.raises(BadReport, match="多余"):
            parse_summary(encode(bad))
    with pytest.raises(BadReport, match=r"summary\.json"):
        parse_summary(report)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.sampled_from(["findings", "a", "b", "made_at", "program", "points_sha256", "pipeline"]), JSON)
def test_whatever_stands_in_a_report_it_is_refused_or_summarised(report, name, value):
    try:
        made = summarised(changed(report, lambda r: r.update({name: value})), titles=True)
    except BadReport:
        return
    assert parse_summary(encode(made)) == made


@settings(max_examples=60)
@given(st.sampled_from(["family", "units", "covered", "title", "evidence_bits", "false_positives", "passages"]), JSON)
def test_whatever_stands_in_a_finding_it_is_refused_or_summarised(report, name, value):
    try:
        summarised(changed(report, lambda r: r["findings"][0].update({name: value})), titles=True)
    except BadReport:
        return


def test_a_bundle_opens_for_its_session_and_side_only(secret, session, tmp_path):
    (tmp_path / "工艺.txt").write_text(SECRET, encoding="utf-8")
    packed = pack(tmp_path, b"## x\ny")
    sealed = seal(packed, session, "a")
    assert unseal(sealed, secret, session, "a") == packed
    documents, points = unpack(packed, "甲方/")
    assert [d.name for d in documents] == ["甲方/工艺.txt"]
    assert points == b"## x\ny"
    assert SECRET[:4].encode() not in sealed
    wrong = [
        (sealed, secret, session, "b"),
        (sealed, new_secret(), session, "a"),
        (sealed, secret, Session("another", session.public), "a"),
        (sealed[:-1], secret, session, "a"),
        (sealed[:60] + bytes([sealed[60] ^ 1]) + sealed[61:], secret, session, "a"),
        (b"", secret, session, "a"),
        (packed, secret, session, "a"),
    ]
    for data, key, where, side in wrong:
        with pytest.raises(BadBundle):
            unseal(data, key, where, side)
    assert seal(packed, session, "a") != sealed  # two parties, or one twice, never share a key


def test_the_vector_of_the_format(session):
    known = Session(NUMBER, public_of(bytes(range(32))))
    assert known.public.hex() == "8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f"
    assert known.fingerprint == "3dda 4881 0899 736f"


def test_session_files(session):
    assert parse_session(session.encode()) == session
    assert session.fingerprint != Session(NUMBER, public_of(new_secret())).fingerprint
    for bad in (b"", b"{}", b'{"format": "midun-session/1", "session": "x", "public": "00"}'):
        with pytest.raises(BadBundle):
            parse_session(bad)


@pytest.fixture
def bundles(tmp_path, session):
    """Both parties seal with the command, as they would at home."""
    (tmp_path / "session.json").write_bytes(session.encode())
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    theirs.mkdir()
    (ours / "工艺.txt").write_text(SECRET, encoding="utf-8")
    (theirs / "笔记.txt").write_text(prose(7, 10) + SECRET[200:1200], encoding="utf-8")
    (tmp_path / "points.txt").write_text(f"## {TITLE}\n{SECRET}", encoding="utf-8")
    for side, folder, more in (("a", ours, ["--points", tmp_path / "points.txt"]), ("b", theirs, [])):
        call = ["seal", folder, "--session", tmp_path / "session.json", "--side", side, *more]
        call += ["--out", tmp_path / f"{side}.sealed"]
        assert matching_commands.main([str(c) for c in call]) == 0
    return tmp_path


def asked(bundles, secret, session):
    return {
        "session": session.number,
        "public": session.public.hex(),
        "secret": secret.hex(),
        "a": str(bundles / "a.sealed"),
        "b": str(bundles / "b.sealed"),
        "at": "2025-06-10T02:00:00+00:00",
    }


def test_two_bundles_are_compared_and_only_the_overlap_is_told(bundles, secret, session, tmp_path):
    """In a process of its own, whose temporary folder stays empty, and which holds the plain text in memory only."""
    place = tmp_path / "temporary"
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "midun.lib.similarity.sealed_run"],
        input=json.dumps(asked(bundles, secret, session)).encode(),
        capture_output=True,
        check=False,
        env={**os.environ, "TMPDIR": str(place)},
    )
    assert done.returncode == sealed_run.DONE, done.stderr.decode()
    assert list(place.iterdir()) == []
    found = json.loads(done.stdout)
    assert found["findings"][0]["title"] == TITLE
    assert found["findings"][0]["covered"] > 0.5
    assert found["findings"][0]["uncovered"] == []
    assert SECRET[:60] not in done.stdout.decode()  # the part of the secret that the other side does not have
    assert summarised(done.stdout, titles=True)["points"][0]["title"] == TITLE


def test_what_cannot_be_compared_gets_a_sentence_without_content(bundles, secret, session):
    bad = {**asked(bundles, secret, session), "b": str(bundles / "a.sealed")}
    with pytest.raises(BadBundle, match=r"^乙方：材料包打不开"):
        sealed_run.report_of(bad)
    noise = bundles / "noise.sealed"
    noise.write_bytes(seal(b"not an archive", session, "b"))
    with pytest.raises(BadBundle, match="内容已损坏"):
        sealed_run.report_of({**asked(bundles, secret, session), "b": str(noise)})


def test_a_bomb_in_a_bundle_is_refused(secret, session, tmp_path):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("files/a.txt", bytes(64 << 20))
    with pytest.raises(Exception, match="压缩炸弹"):
        unpack((tmp_path / "bomb.zip").read_bytes(), "")
