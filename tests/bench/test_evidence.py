"""The benchmarks of the log, small: what is timed does what it says, the tables have every row."""

import shutil

import pytest

from bench import evidence, verifying
from bench.inside import evidence as inside
from bench.places import Place
from bench.posting import Posted
from midun.lib.tlog.checkpoint import parse_checkpoint
from midun.lib.tlog.note import parse_note
from midun.lib.tlog.store import FileStore
from midun.lib.tlog.tiles import TiledTree
from tests.lib.tlog import naive


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MIDUN_HOME", str(tmp_path))
    return tmp_path


def test_appending_is_set_beside_hashing_once_and_twice():
    found = inside.append(batch=50, batches=3)
    assert set(found) == {"appended", "once", "twice", "processor"}
    assert min(found.values()) > 0


def test_a_log_grows_to_the_very_sizes_and_its_tiles_are_those_of_the_entries(home, monkeypatch):
    logs = []
    monkeypatch.setattr(shutil, "rmtree", logs.append)
    found = inside.grow([100, 1000], synthetic=10**8, batch=64)
    assert [one["size"] for one in found] == [100, 1000, 10**8]
    assert all(one["inclusion"] > 0 and one["consistency"] > 0 for one in found)
    assert "rate" not in found[-1]
    [folder] = logs
    store = FileStore(folder / "log/public")
    head = parse_checkpoint(parse_note(store.get("checkpoint")).text)
    tree = TiledTree(store.get, head.size)
    entries = [entry for number in range(4) for entry in tree.entries(number)]
    assert (head.size, head.root) == (1000, naive.mth(entries))


def test_the_tables_have_every_row_with_and_without_the_peer(home):
    place, posted = Place(home, "sqlite:///x"), Posted([0.1, 0.2, 0.3], 1.0, 0)
    row = evidence.Row(64, posted, 0.5)
    alone = {"appended": 1.0, "processor": 1.0, "once": 2.0, "twice": 4.0}
    absent = evidence._single_table(place, [row], {}, {"写入进程": 80.0})
    assert "未对照" in absent.note
    assert absent.rows[0][-4:] == ["—"] * 4
    beside = evidence._single_table(place, [row], {64: evidence.Row(64, posted, 0.25)}, {})
    assert "未对照" not in beside.note
    assert beside.rows[0][-4:] == ["3", "1.00×", "12", "0.50×"]
    assert [line[-2:] for line in evidence._batch_table(place, row, alone).rows[-2:]] == [["0.50×", ""], ["0.25×", ""]]


def test_requests_of_the_client_are_whole_and_never_alike():
    single, batch = evidence._single("t"), evidence._batches("t")
    one, two = next(single), next(single)
    head, _, body = one.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert one != two
    head, _, body = next(batch).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert set(body[::65]) == {1}


def test_a_folder_is_digested_beside_the_system_s_tools():
    table = verifying._folder(10)
    assert table.rows[0][0] == "只读（下限）"
    assert len(table.rows) >= 4
