"""追溯, 登记簿, 密级标识 over the pages."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from midun.desk import background, workers
from midun.desk.background import STOPPED
from midun.desk.labelling import REMOVED
from midun.desk.traces import Tracing
from midun.desk.tracing import Report, chance
from midun.lib.bundle.contents import Bundle
from midun.lib.bundle.copies import BatchProof, BatchText, deposited
from midun.lib.bundle.copies_verified import verify_disclosure
from midun.lib.marking.manifest import read_manifest, read_openings
from midun.lib.tlog.commitment import Entry, Kind
from tests.desk.test_marking import begun, dropped
from tests.lib.bundle import building
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
    run = Tracing(talk.desk.home, headers["Location"].rstrip("/").rsplit("/", 1)[1])
    run.wait()
    status, headers, said = talk.get(f"/trace/run/{run.number}/")
    assert status == 303, said
    return Report(talk.desk.home, headers["Location"].rstrip("/").rsplit("/", 1)[1])


def test_whose_copy_it_is_and_where_the_mark_lies(talk, tmp_path):
    job = begun(talk, {"p.png": gradient(), "n.txt": prose(5, 2000).encode()}, tmp_path / "out")
    job.wait()
    report = looked_at(talk, {"leak.png": (tmp_path / "out/韩梅/p.png").read_bytes()})
    assert report.names == ["韩梅"]
    assert report.facts["found"][0]["log10_error"] < -9
    assert [one["place"] for one in report.facts["maps"]] == ["图像"]
    assert sum(cell["score"] > 4 for cell in report.facts["maps"][0]["cells"]) >= 6
    assert report.facts["found"][0]["log"] is None
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


def test_the_report_holds_the_proof_of_the_log(talk, tmp_path):
    """The batch is registered, its proof is brought home, and the report and the registry show the one copy with it."""
    job = begun(talk, {"p.png": gradient()}, tmp_path / "out")
    job.wait()
    registered = talk.get(f"/mark/{job.number}/register.json")[2].encode()
    copies = read_manifest(registered).commitments
    text = BatchText.of(str(building.DEPOSIT), hashlib.sha256(registered).hexdigest(), copies).encode()
    entry = Entry(Kind.PLATFORM, deposited(text, "5a" * 32), bytes(32)).encode()
    logged = building.proof_of(entry).encode()
    bundle = Bundle(building.DEPOSIT, building.CREATED, logged, building.policy_text()).encode()
    proof = BatchProof(text, "5a" * 32, tuple(copies), bundle)
    for wrong in (b"{}", proof.encode().replace(b"copies 2", b"copies 3"), replace(proof, bundle=bundle[:-9]).encode()):
        assert "error" in talk.json("/registry/proof/", wrong)
    assert "共 2 份副本" in talk.json("/registry/proof/", proof.encode())["said"]
    report = looked_at(talk, {"leak.png": (tmp_path / "out/韩梅/p.png").read_bytes()})
    (found,) = report.facts["found"]
    assert (found["log"]["status"], found["log"]["copies"]) == ("valid-accepted-only", 2)
    assert found["commitment"] in copies
    page = talk.get(f"/trace/{report.number}/")[2]
    assert "其余副本没有出示" in page
    assert report.pdf().startswith(b"%PDF")
    opened = f"/registry/{found['registry']['copy_id']}.json"
    for address in (f"/trace/{report.number}/copy.json?n=1", f"{opened}?proof=1"):
        shown = talk.ask("GET", talk.root + address)[2]
        assert verify_disclosure(shown).facts["copy"]["recipient"] == "韩梅"
        assert "李雷" not in shown.decode()
    ((number, held),) = read_openings(talk.get(opened)[2].encode())
    assert (number, held.commitment) == (found["copy"], found["commitment"])
    assert read_openings(report.json)[0][1] == held
    for missing in (f"/trace/{report.number}/copy.json?n=2", "/registry/0123456789abcdef.json"):
        assert talk.get(missing)[0] == 404


def test_several_files_with_a_stop_in_between(talk, tmp_path):
    """Two leaks and a file that is none; stopped, the desk closed, gone on with; the leaks are not kept."""
    begun(talk, {"p.png": gradient(), "plan.pdf": document(3)}, tmp_path / "out").wait()
    leaks = {
        "a.pdf": (tmp_path / "out/李雷/plan.pdf").read_bytes(),
        "b.png": (tmp_path / "out/韩梅/p.png").read_bytes(),
        "c.png": b"\x89PNG\r\n\x1a\nbroken",
    }
    draft, _ = dropped(talk, leaks)
    _, headers, _ = talk.post("/trace/start/", {"draft": draft})
    address = headers["Location"].removeprefix(talk.root)
    talk.post(f"{address}stop/")
    run = Tracing(talk.desk.home, address.rstrip("/").rsplit("/", 1)[1])
    assert run.state == STOPPED
    assert "继续" in talk.get(address)[2]
    assert "没有检查完的" in talk.get("/trace/")[2]
    background._LIVE.clear()  # as after the desk was closed and opened again
    talk.post(f"{address}resume/")
    Tracing(talk.desk.home, run.number).wait()
    now = talk.json(f"{address}state/")
    assert (now["state"], now["done"], now["total"]) == ("done", 3, 3)
    text = talk.get(address)[2]
    assert "无法读取" in text
    reports = {name: report for name, report, _ in run.reports() if report}
    assert (reports["a.pdf"].names, reports["b.png"].names) == (["李雷"], ["韩梅"])
    assert not (run.folder / "files").exists()
    assert "没有检查完的" not in talk.get("/trace/")[2]
    _every_page_has_its_map(talk, reports["a.pdf"])


def _every_page_has_its_map(talk, report):
    maps = report.facts["maps"]
    assert [one["place"] for one in maps] == ["第 1 页", "第 2 页", "第 3 页"]
    assert all(sum(cell["score"] > 4 for cell in one["cells"]) >= 3 for one in maps)
    for number in ("1", "2", "3"):
        picture = talk.ask("GET", f"{talk.root}/trace/{report.number}/picture.png?n={number}")[2]
        assert picture.startswith(b"\x89PNG")
    for number in ("0", "4", "x", "../report.json"):
        assert talk.get(f"/trace/{report.number}/picture.png?n={quote(number)}")[0] == 404
    assert report.pdf().startswith(b"%PDF")


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
