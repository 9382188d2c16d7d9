"""线索筛查 and 指纹索引 over the pages: an index made, listed, verified; a scan with progress, stop, going on, spans."""

import json
from io import BytesIO

import pytest

from midun.desk import background, workers
from midun.desk.screening import Screening, Shelf
from midun.lib.sheets import read_tables
from tests.lib.similarity.building import prose
from tests.lib.similarity.reports import SECRET


@pytest.fixture(autouse=True, scope="module")
def _no_process_stays():
    yield
    workers.close()


@pytest.fixture
def protected(tmp_path):
    folder = tmp_path / "受保护"
    folder.mkdir()
    (folder / "工艺.txt").write_text(SECRET, "utf-8")
    (folder / "空.bin").write_bytes(bytes(range(256)))
    return folder


@pytest.fixture
def suspect(tmp_path):
    folder = tmp_path / "硬盘导出"
    (folder / "公开").mkdir(parents=True)
    (folder / "笔记.txt").write_text(prose(7, 10) + SECRET[200:1200], "utf-8")
    (folder / "无关.txt").write_text(prose(9, 30), "utf-8")
    (folder / "公开" / "副本.txt").write_text(SECRET, "utf-8")
    return folder


def begun(talk, address, fields):
    status, headers, said = talk.post(address, fields)
    assert status == 303, said
    where = headers["Location"].removeprefix(talk.root)
    return where, Screening(talk.desk.home, where.rstrip("/").rsplit("/", 1)[1])


def index_of(talk, protected, folder):
    where, run = begun(talk, "/index/add/", {"path": str(protected), "folder": str(folder), "exclude": ""})
    run.wait()
    assert run.error == ""
    return where, Shelf(talk.desk.home).all()[0]


def test_a_folder_is_scanned_against_an_index(talk, protected, suspect, tmp_path):
    assert "还没有指纹索引" in talk.get("/scan/")[2]
    where, known = index_of(talk, protected, tmp_path / "索引")
    assert "加入" in talk.get(where)[2]
    assert "工艺.txt" in talk.get(f"/index/{known.number}/")[2]
    assert (tmp_path / "索引.key").stat().st_mode & 0o077 == 0
    verified, run = begun(talk, f"/index/{known.number}/verify/", {})
    run.wait()
    assert "索引完好" in talk.get(verified)[2]
    fields = {"index": known.number, "path": str(suspect), "exclude": "公开\n*.iso"}
    where, run = begun(talk, "/scan/start/", fields)
    run.wait()
    now = talk.json(f"{where}state/")
    assert now["state"] == "done"
    assert run.result == {"hits": 1, "files": 2, "documents": 2, "notices": 0}
    page = talk.get(where)[2]
    assert "笔记.txt" in page
    assert "↔　受保护文件约第" in page
    assert "无关.txt" not in page
    assert "公开、*.iso" in page
    (hit,) = json.loads(talk.get(f"{where}result.json")[2])["hits"]
    text = (suspect / "笔记.txt").read_text("utf-8")
    assert text[hit["places"][0]["begin"] : hit["places"][0]["end"]] in SECRET
    sheet = talk.ask("GET", f"{talk.root}{where}result.xlsx")[2]
    assert "笔记.txt" in str(read_tables(sheet, name="结果.xlsx"))
    assert BytesIO(sheet).read(2) == b"PK"
    assert "命中 1 对" in talk.get("/scan/")[2]
    _nothing_of_the_contents_is_kept(talk, tmp_path)
    _it_grows_and_one_made_elsewhere_is_told(talk, known, suspect)


def _it_grows_and_one_made_elsewhere_is_told(talk, known, suspect):
    _, run = begun(talk, "/index/add/", {"path": str(suspect), "folder": str(known.folder), "exclude": "无关.*"})
    run.wait()
    assert (run.result["added"], run.result["entries"]) == (2, 3)
    talk.post(f"/index/{known.number}/forget/")
    status, headers, _ = talk.post("/index/known/", {"folder": str(known.folder)})
    assert status == 303
    assert "3 份" in talk.get(headers["Location"].removeprefix(talk.root))[2]


def _nothing_of_the_contents_is_kept(talk, tmp_path):
    for folder in (talk.desk.home.path, tmp_path / "索引"):
        for path in folder.rglob("*"):
            assert not path.is_file() or SECRET[300:330].encode() not in path.read_bytes(), path


def test_a_scan_stops_at_once_and_goes_on_where_it_was(talk, protected, tmp_path):
    _, known = index_of(talk, protected, tmp_path / "索引")
    many = tmp_path / "许多"
    many.mkdir()
    for number in range(40):
        (many / f"{number:03}.txt").write_text(prose(number, 25), "utf-8")
    where, run = begun(talk, "/scan/start/", {"index": known.number, "path": str(many), "exclude": ""})
    talk.post(f"{where}stop/")
    assert run.state == "stopped"
    assert "继续扫描" in talk.get(where)[2]
    assert talk.get(f"{where}result.json")[0] == 404
    background._LIVE.clear()  # as after the desk was closed and opened again
    talk.post(f"{where}resume/")
    Screening(talk.desk.home, run.number).wait()
    assert run.result["files"] == 40
    journal = run.folder / "journal.jsonl"
    half = journal.read_text("utf-8").splitlines(keepends=True)[:21]
    journal.write_text("".join(half) + '{"path": "02', "utf-8")  # as a power cut leaves it
    (run.folder / "done.json").unlink()
    talk.post(f"{where}resume/")
    Screening(talk.desk.home, run.number).wait()
    assert run.result["files"] == 40
    assert journal.read_text("utf-8").startswith("".join(half))
    assert journal.read_text("utf-8").count('"path": "001.txt"') == 1  # what was scanned is not scanned again
    assert "40 个文件" in talk.get(where)[2]


def test_what_cannot_be_done_gets_a_sentence(talk, protected, suspect, tmp_path):
    for fields, sentence in (
        ({"path": "relative", "folder": "/x"}, "请填写完整路径"),
        ({"path": str(tmp_path / "无"), "folder": "/x"}, "本机没有这个"),
        ({"path": str(protected), "folder": ""}, "索引文件夹的完整路径"),
        ({"path": str(protected), "folder": str(tmp_path / "i"), "exclude": "x\n" * 200}, "最多 100 行"),
    ):
        status, _, said = talk.post("/index/add/", fields)
        assert status == 400, fields
        assert sentence in said
    status, _, said = talk.post("/index/known/", {"folder": str(tmp_path)})
    assert status == 400
    assert "没有找到索引文件夹" in said
    _, known = index_of(talk, protected, tmp_path / "索引")
    status, _, said = talk.post("/scan/start/", {"index": known.number, "path": "x"})
    assert status == 400
    assert "完整路径" in said
    manifest = tmp_path / "索引" / "index.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"entries"', b'"entriez"'))
    where, run = begun(talk, "/scan/start/", {"index": known.number, "path": str(suspect), "exclude": ""})
    run.wait()
    assert "再试一次" in talk.get(where)[2]
    assert "索引" in run.error
    assert "alert-danger" in talk.get(f"/index/{known.number}/")[2]
    assert talk.post(f"/index/{known.number}/forget/")[0] == 303
    assert talk.get(f"/index/{known.number}/")[0] == 404
    assert manifest.exists()


def test_no_such_run(talk):
    for path in ("/scan/0123456789abcdef/", "/index/run/0123456789abcdef/", "/index/0123456789abcdef/", "/scan/x/"):
        assert talk.get(path)[0] == 404
