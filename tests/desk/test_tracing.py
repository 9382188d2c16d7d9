"""追溯, 登记簿, 密级标识 over the pages."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from midun.desk import workers
from midun.desk.labelling import REMOVED
from midun.desk.tracing import Report, chance
from tests.desk.test_marking import begun, dropped
from tests.lib.marking.prose import prose
from tests.lib.marking.test_commands import gradient
from tests.lib.marking.test_pdf import document

LABEL = {"grade": "核心", "owner": "甲公司", "kind": "long", "person": "张三", "act": "set"}


@pytest.fixture(autouse=True, scope="module")
def _no_process_stays():
    yield
    workers.close()


def looked_at(talk, files, text=""):
    draft, _ = dropped(talk, files)
    status, headers, said = talk.post("/trace/start/", {"draft": draft, "text": text})
    assert status == 303, said
    return Report(talk.desk.home, headers["Location"].rstrip("/").rsplit("/", 1)[1])


def test_whose_copy_it_is_and_where_the_mark_lies(talk, tmp_path):
    job = begun(talk, {"p.png": gradient(), "n.txt": prose(5, 2000).encode()}, tmp_path / "out")
    job.wait()
    report = looked_at(talk, {"leak.png": (tmp_path / "out/韩梅/p.png").read_bytes()})
    assert report.names == ["韩梅"]
    assert report.facts["found"][0]["log10_error"] < -9
    assert sum(cell["score"] > 4 for cell in report.facts["cells"]) >= 6
    assert report.facts["identical_to"]["recipient"] == "韩梅"
    for name, start in (("report.pdf", b"%PDF"), ("picture.png", b"\x89PNG"), ("report.json", b"{")):
        assert talk.ask("GET", f"{talk.root}/trace/{report.number}/{name}")[2].startswith(start)
    assert report.pdf() == report.pdf()
    pasted = (tmp_path / "out/李雷/n.txt").read_text("utf-8")[300:900]
    assert looked_at(talk, {}, pasted).names == ["李雷"]
    nothing = looked_at(talk, {"o.png": gradient()})
    assert nothing.names == []
    assert nothing.facts["is_original"]
    assert "是原件而不是副本" in talk.get(f"/trace/{nothing.number}/")[2]
    assert talk.ask("GET", f"{talk.root}/trace/{nothing.number}/report.pdf")[2].startswith(b"%PDF")
    assert not list((talk.desk.home.path / "desk/drafts").glob("*/*"))
    _registry_is_searched(talk)


def _registry_is_searched(talk):
    assert "共 4 份" in talk.get("/registry/")[2]
    assert "共 2 份" in talk.get(f"/registry/?q={quote('李雷')}")[2]
    assert "没有符合" in talk.get(f"/registry/?q={quote('<script>')}")[2]
    assert "<script>" not in talk.get("/registry/?q=%3Cscript%3E")[2]
    listed = json.loads(talk.get(f"/registry/export.json?q={quote('韩梅')}")[2])
    assert {one["recipient"] for one in listed["copies"]} == {"韩梅"}
    assert talk.ask("GET", talk.root + "/registry/export.xlsx")[2].startswith(b"PK")
    for number in ("0", "-1", "x", "9" * 30, "²"):
        assert talk.get(f"/registry/?page={quote(number)}")[0] == 200


def test_without_key_or_file_it_says_what_to_do(talk):
    assert "还没有密钥和登记簿" in talk.get("/trace/")[2]
    draft = talk.json("/drop/", b"")["draft"]
    status, _, text = talk.post("/trace/start/", {"draft": draft})
    assert status == 400
    assert "请拖入泄露的文件" in text
    assert talk.get("/trace/0123456789abcdef/")[0] == 404
    assert talk.get("/mark/0123456789abcdef/")[0] == 404


def test_chance_in_words():
    assert chance(-10.4) == "不超过百亿分之一（10 的 -10 次方）"
    assert chance(-40.2).startswith("不超过一万亿分之一（10 的 -40")
    assert chance(-0.3) == "不能确定"


def labelled(talk, data, out, **more):
    draft, _ = dropped(talk, {"plan.pdf": data})
    status, _, text = talk.post("/labels/act/", {**LABEL, "draft": draft, "out": str(out), **more})
    return status, text


def test_weaker_protection_needs_a_reason_and_a_second_persons_key(talk, tmp_path):
    assert labelled(talk, document(1), tmp_path / "1")[0] == 200
    first = (tmp_path / "1/plan.pdf").read_bytes()
    status, text = labelled(talk, first, tmp_path / "2", grade="一般", reason="已公开发布", approved_by="李四")
    assert status == 400
    assert "降低密级" in text
    _, headers, key = talk.post("/labels/key/", {"name": "李四"})
    assert "attachment" in headers["Content-Disposition"]
    both = {"reason": "已公开发布", "approved_by": "李四", "approver_key": key}
    own = (talk.desk.home.path / "author.json").read_text()
    assert labelled(talk, first, tmp_path / "2", grade="一般", **{**both, "approver_key": own})[0] == 400
    assert labelled(talk, first, tmp_path / "2", grade="一般", **{**both, "approver_key": "{}"})[0] == 400
    assert not (tmp_path / "2").exists()
    assert labelled(talk, first, tmp_path / "2", grade="一般", **both)[0] == 200
    draft, _ = dropped(talk, {"plan.pdf": (tmp_path / "2/plan.pdf").read_bytes()})
    shown = talk.post("/labels/show/", {"draft": draft})[2]
    assert "标识有效" in shown
    assert "【一般】" in shown
    assert labelled(talk, first, tmp_path / "3", act="remove")[0] == 400
    assert labelled(talk, first, tmp_path / "3", act="remove", **both)[0] == 200
    assert Path(tmp_path / "3" / f"plan.pdf{REMOVED}").exists()
    assert key not in str([path.read_bytes() for path in talk.desk.home.path.rglob("*") if path.is_file()])
