"""制作副本 over the pages: what is asked, what is refused, stopping and going on."""

import json
import threading
import zipfile
from io import BytesIO

import pytest

from midun.desk import background, workers
from midun.desk.drafts import Drafts
from midun.desk.jobs import Job
from midun.lib.marking.manifest import read_manifest
from midun.lib.marking.registry import Registry
from midun.lib.sheets import Column, Sheet, read_tables, write_xlsx
from tests.conftest import AT
from tests.lib.marking.prose import prose
from tests.lib.marking.test_pdf import document

FIELDS = {"recipients": "李雷\n韩梅", "purpose": "评审", "person": "张三", "strength": "normal", "kind": "until"}


@pytest.fixture(autouse=True, scope="module")
def _no_process_stays():
    yield
    workers.close()


def dropped(talk, files):
    draft = talk.json("/drop/", b"")["draft"]
    return draft, [talk.json(f"/drop/{draft}/?name={name}", data) for name, data in files.items()]


def begun(talk, files, out, **more):
    draft, _ = dropped(talk, files)
    status, headers, text = talk.post("/mark/start/", {**FIELDS, "draft": draft, "out": str(out), **more})
    assert status == 303, text
    return Job(talk.desk.home, headers["Location"].rstrip("/").rsplit("/", 1)[1])


def test_copies_are_written_and_packed(talk, tmp_path):
    files = {"a/plan.pdf": document(1), "note.txt": prose(5, 900).encode(), "short.txt": "短。".encode()}
    label = {"grade": "核心", "owner": "甲公司", "kind": "long"}
    job = begun(talk, files, tmp_path / "out", **label)
    job.wait()
    now = talk.json(f"/mark/{job.number}/state/")
    assert (now["state"], now["total"], now["made"]) == ("done", 6, 4)
    assert {(one["file"], one["recipient"]) for one in now["refused"]} == {("short.txt", "李雷"), ("short.txt", "韩梅")}
    assert all("意外结束" not in one["reason"] for one in now["refused"])
    status, _, packed = talk.ask("GET", f"{talk.root}/mark/{job.number}/copies.zip")
    names = zipfile.ZipFile(BytesIO(packed)).namelist()
    assert status == 200
    assert {"李雷/a/plan.pdf", "韩梅/note.txt", "韩梅/note.txt.midun-label.json"} <= set(names)
    assert not (job.folder / "files").exists()
    assert "short.txt" in talk.get(f"/mark/{job.number}/")[2]


def test_what_is_missing_is_said_and_nothing_is_lost(talk, tmp_path):
    draft, _ = dropped(talk, {"plan.pdf": document(1)})
    status, _, text = talk.post("/mark/start/", {"draft": draft, "out": "relative", "grade": "核心", "recipients": ""})
    assert status == 400
    for sentence in ("请至少填写一位接收人", "请填写用途", "请填写制作人", "完整路径", "plan.pdf"):
        assert sentence in text
    status, _, text = talk.post("/mark/start/", {**FIELDS, "draft": draft, "out": str(tmp_path), "grade": "核心"})
    assert status == 400
    assert "请填写权利人名称" in text
    assert not Job.all(talk.desk.home)


def test_formats_that_cannot_be_used_say_why(talk):
    _, said = dropped(talk, {"a.gif": b"GIF89a" + bytes(90), "b.bin": b"\xff\x00\x01", "c.txt": "可以。".encode()})
    assert ["refused" in one for one in said] == [True, True, False]
    assert "动画" in said[0]["refused"]


@pytest.mark.parametrize(
    "name", ["../../x.txt", "..%2F..%2Fx.txt", "/etc/x.txt", "a/../../x.txt", "C:%5Cx.txt", "a%00b.txt"]
)
def test_a_dropped_file_stays_in_its_folder(talk, tmp_path, name):
    draft = talk.json("/drop/", b"")["draft"]
    assert "size" in talk.json(f"/drop/{draft}/?name={name}", b"hello")
    folder = Drafts(talk.desk.home.path).path(draft)
    files = [path for path in tmp_path.rglob("*.txt") if path.is_file()]
    assert len(files) == 1
    assert files[0].resolve().is_relative_to(folder.resolve())


@pytest.mark.parametrize("name", ["", "..", ".", "/", "x" * 400, "/".join("a" * 20)])
def test_it_rejects_names_no_file_can_have(talk, name):
    draft = talk.json("/drop/", b"")["draft"]
    assert "error" in talk.json(f"/drop/{draft}/?name={name}", b"hello")


def test_a_batch_stops_and_goes_on_with_the_same_ids(talk, tmp_path, monkeypatch):
    ready, held = threading.Event(), threading.Event()
    real = workers.submit

    def slow(work, *arguments):
        if ready.is_set():
            held.wait(30)
        ready.set()
        return real(work, *arguments)

    monkeypatch.setattr(workers, "submit", slow)
    job = begun(talk, {f"{n}.txt": prose(n, 400).encode() for n in range(8)}, tmp_path / "out")
    assert ready.wait(30)
    run = background._LIVE[job.folder]
    run.stop.set()
    held.set()
    job.wait()
    assert job.state == "stopped"
    first = {path: path.read_bytes() for path in job.copies()}
    assert 0 < len(first) < 16
    assert "继续制作" in talk.get(f"/mark/{job.number}/")[2]
    background._LIVE.clear()  # as after the desk was closed and opened again
    with (job.folder / "done.jsonl").open("a") as lines:
        lines.write('{"file": "7.t')  # the line that was being written when the machine went down
    assert talk.post(f"/mark/{job.number}/resume/")[0] == 303
    job.wait()
    assert job.progress()["made"] == 16
    assert {path: path.read_bytes() for path in first} == first
    registry = Registry(talk.desk.home.registry)
    assert len(registry.issued()) == 16
    registry.close()


def test_recipients_come_from_a_workbook_with_errors_by_row(talk):
    rows = [["赵六", "采购部"], ["", "空"], ["赵六", "采购部"], ["赵六", "法务部"], ["钱" * 70, ""]]
    book = write_xlsx([Sheet("a", [Column("接收人"), Column("单位或部门")], rows)], at=AT)
    said = talk.json("/recipients/read/?name=a.xlsx", book)
    assert said["names"] == ["赵六（采购部）", "赵六（法务部）"]
    assert [text[:5] for text in said["errors"]] == ["第 3 行", "第 4 行", "第 6 行"]
    _, _, marked = talk.ask(
        "POST", f"{talk.root}/recipients/annotated/?name=a.xlsx", book, Origin=f"http://{talk.host}"
    )
    assert "没有填写接收人" in str(read_tables(marked, name="b.xlsx")[0].rows)
    assert "error" in talk.json("/recipients/read/?name=a.xlsx", b"PK\x03\x04 broken")
    _, _, empty = talk.ask("GET", f"{talk.root}/recipients/template.xlsx")
    assert "error" in talk.json("/recipients/read/?name=t.xlsx", empty)


def test_earlier_recipients_are_offered_escaped(talk, tmp_path):
    job = begun(talk, {"n.txt": prose(5, 900).encode()}, tmp_path / "out", recipients="<b>甲</b>\na/b\na_b")
    job.wait()
    assert sorted(path.parent.name for path in job.copies()) == ["_b_甲__b_", "a_b", "a_b(2)"]
    text = talk.get("/mark/")[2]
    assert "&lt;b&gt;甲&lt;/b&gt;" in text
    assert "<b>甲" not in text
    assert json.loads((job.folder / "wanted.json").read_text())["recipients"] == ["<b>甲</b>", "a/b", "a_b"]


def test_the_registration_file_of_a_batch_is_read_by_the_platform(talk, tmp_path):
    job = begun(talk, {"n.txt": prose(5, 900).encode()}, tmp_path / "out", grade="重要", owner="甲公司", kind="long")
    job.wait()
    given = talk.get(f"/mark/{job.number}/register.json")[2]
    said = read_manifest(given.encode())
    grade, commitments = said.grade, said.commitments
    assert (grade, len(commitments)) == ("重要", 2)
    assert "李雷" not in given
