"""同一性比对 over the pages of the desk: two drops, secret points, a report that stays here."""

import json
from urllib.parse import quote

import pytest

from midun.desk import workers
from midun.desk.comparing import Comparison
from midun.lib.similarity.report.summary import parse_summary
from tests.lib.similarity.building import prose
from tests.lib.similarity.reports import SECRET, TITLE


@pytest.fixture(autouse=True, scope="module")
def _no_process_stays():
    yield
    workers.close()


def dropped(talk, files):
    """As the page does, which takes any format."""
    draft = talk.json("/drop/", b"")["draft"]
    for name, data in files.items():
        assert talk.json(f"/drop/{draft}/?name={quote(name)}&any=1", data)["size"] == len(data)
    return draft


def sent(talk, ours, theirs, **fields):
    a, b = dropped(talk, ours), dropped(talk, theirs)
    return talk.post("/compare/start/", {"a": a, "b": b, **fields})


def test_two_drops_give_a_report(talk):
    assert "同一性比对" in talk.get("/")[2]
    assert "以前的比对" not in talk.get("/compare/")[2]
    ours, theirs = {"工艺.txt": SECRET.encode()}, {"笔记.txt": (prose(7, 10) + SECRET[200:1200]).encode()}
    status, headers, said = sent(talk, ours, theirs, points=f"## {TITLE}\n{SECRET}")
    assert status == 303, said
    made = Comparison.of(talk.desk.home.path, headers["Location"].rstrip("/").rsplit("/", 1)[1])
    shown = talk.get(f"/compare/{made.number}/")[2]
    assert TITLE in shown
    assert "达到报告阈值" in shown
    assert "依法认定" in shown
    assert made.sha256 in shown
    for name, start in (("report.pdf", b"%PDF"), ("report.html", b"<!"), ("report.json", b"{"), ("summary.json", b"{")):
        assert talk.ask("GET", f"{talk.root}/compare/{made.number}/{name}")[2].startswith(start)
    assert parse_summary(made.file("summary.json"))["points"][0]["title"] == ""
    assert json.loads(made.file("report.json"))["b"][0]["name"] == "笔记.txt"
    assert "笔记.txt" in talk.get("/compare/")[2]
    assert not list((talk.desk.home.path / "desk/drafts").glob("*/*"))  # what was dropped is not kept
    status, headers, _ = sent(talk, ours, theirs, points=f"## {TITLE}\n{SECRET}", titles="1")
    titled = Comparison.of(talk.desk.home.path, headers["Location"].rstrip("/").rsplit("/", 1)[1])
    assert parse_summary(titled.file("summary.json"))["points"][0]["title"] == TITLE
    assert made.folder.stat().st_mode & 0o077 == 0


def test_what_cannot_be_compared_gets_a_sentence_and_keeps_the_drop(talk):
    status, _, said = sent(talk, {"a.txt": SECRET.encode()}, {})
    assert status == 400
    assert "双方的材料" in said
    assert "a.txt" in said
    status, _, said = sent(talk, {"a.txt": SECRET.encode()}, {"b.txt": b"x"}, points="no heading")
    assert status == 400
    assert "1 至 500 个秘点" in said
    assert "no heading" in said
    status, _, said = sent(talk, {"a.bin": bytes(range(256)) * 9}, {"b.txt": b"x"})
    assert status == 400
    assert "没有可以比对的内容" in said
    assert Comparison.all(talk.desk.home.path) == []


def test_no_such_report(talk):
    for path in ("/compare/0123456789abcdef/", "/compare/0123456789abcdef/report.pdf", "/compare/x/report.pdf"):
        assert talk.get(path)[0] == 404
