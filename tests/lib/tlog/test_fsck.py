import shutil
import sqlite3
from contextlib import closing
from itertools import pairwise

import pytest

from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.directory import LogDirectory
from midun.lib.tlog.findings import Kind
from midun.lib.tlog.fsck_private import check_directory
from midun.lib.tlog.note import sign_text
from midun.lib.tlog.sequencer import Stopped
from tests.lib.tlog.building import KEY, KEY_SM2, NOW, ORIGIN
from tests.lib.tlog.faults import Faulty

SIZE = 1200
BIG = 66_000
KEYS = [KEY.verifier]


def build(root, *sizes):
    """A log grown to these sizes: full and partial tiles, older partial ones, a write-ahead segment."""
    with LogDirectory.create(root, ORIGIN, NOW).running([KEY, KEY_SM2], NOW) as sequencer:
        for begin, end in pairwise((0, *sizes)):
            sequencer.commit([f"entry {number}".encode() for number in range(begin, end)], NOW)
    return root


def copy_of(sound, target):
    shutil.copytree(sound, target)
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


@pytest.fixture(scope="session")
def sound_log(tmp_path_factory):
    return build(tmp_path_factory.mktemp("fsck") / "log", 1100, 1190, SIZE - 7, SIZE)


@pytest.fixture(scope="session")
def sound_big_log(tmp_path_factory):
    """Three levels of tiles."""
    return build(tmp_path_factory.mktemp("fsck-big") / "log", BIG - 7, BIG)


@pytest.fixture
def log(sound_log, tmp_path):
    """A copy to damage."""
    return copy_of(sound_log, tmp_path / "log")


@pytest.fixture
def big_log(sound_big_log, tmp_path):
    return copy_of(sound_big_log, tmp_path / "log")


def flip(path, place=-1):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def found(root, keys=KEYS):
    return {(finding.path, finding.kind) for finding in check_directory(root, keys).findings if not finding.notice}


def details(root):
    return [finding.detail for finding in check_directory(root, KEYS).findings]


def test_a_sound_log_is_clean(log):
    report = check_directory(log, KEYS)
    assert report.findings == []
    assert report.signature_checked
    assert report.head.size == SIZE
    assert report.files == sum(1 for path in (log / "public").rglob("*") if path.is_file())
    assert check_directory(log).signature_checked is False


def test_a_copy_of_the_public_files_is_clean(log):
    report = check_directory(log / "public", KEYS)
    assert (report.findings, report.head.size) == ([], SIZE)


def test_the_check_changes_nothing(log):
    before = {path: path.read_bytes() for path in log.rglob("*") if path.is_file()}
    check_directory(log, KEYS)
    after = {path: path.read_bytes() for path in log.rglob("*") if path.is_file()}
    assert {path: data for path, data in after.items() if path in before} == before


FILES = [
    "tile/0/000",
    "tile/0/003",
    "tile/0/004.p/176",
    "tile/1/000.p/4",
    "tile/entries/000",
    "tile/entries/003",
    "tile/entries/004.p/176",
    "tile/0/004.p/169",
    "tile/entries/004.p/166",
]
BIG_FILES = ["tile/0/256", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1", "tile/entries/256"]
REQUIRED = FILES[:-2]


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("place", [-1, 113])
def test_a_flipped_bit_is_blamed_on_its_file_alone(log, path, place):
    target = log / "public" / path
    if target.stat().st_size <= 113 and place == 113:
        place = 9
    flip(target, place)
    assert found(log) == {(f"public/{path}", Kind.CHANGED)}


def test_a_flipped_length_in_a_bundle_is_seen(log):
    flip(log / "public/tile/entries/002", 0)
    [(path, kind)] = found(log)
    assert (path, kind) in {("public/tile/entries/002", Kind.TRUNCATED), ("public/tile/entries/002", Kind.CHANGED)}


def test_it_says_where_in_the_file(log):
    target = log / "public/tile/0/002"
    for place in (0, 32 * 9 + 5, 8191):
        flip(target, place)
    assert details(log) == ["第 0、9、255 个哈希被改动（从 0 数起）。"]


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_file_is_named(log, path):
    (log / "public" / path).unlink()
    assert found(log) == {(f"public/{path}", Kind.MISSING)}


def test_a_missing_older_partial_is_no_damage_when_it_may_be_gone(log):
    (log / "public/tile/0/004.p/169").unlink()
    assert found(log) == set()


@pytest.mark.parametrize("path", FILES)
def test_a_truncated_file_is_named(log, path):
    target = log / "public" / path
    target.write_bytes(target.read_bytes()[:-7])
    assert found(log) == {(f"public/{path}", Kind.TRUNCATED)}


@pytest.mark.parametrize("path", ["tile/0/000", "tile/1/000.p/4", "tile/entries/004.p/176"])
def test_an_emptied_file_is_named(log, path):
    (log / "public" / path).write_bytes(b"")
    assert found(log) == {(f"public/{path}", Kind.TRUNCATED)}


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/000", "tile/1/000.p/4"])
def test_a_lengthened_file_is_named(log, path):
    target = log / "public" / path
    target.write_bytes(target.read_bytes() + b"more")
    assert found(log) == {(f"public/{path}", Kind.CHANGED)}


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/005",
        "tile/0/004.p/177",
        "tile/1/000.p/5",
        "tile/2/000.p/1",
        "tile/entries/x001/000",
        "notes.txt",
        "tile/0/1",
        "core",
    ],
)
def test_an_extra_file_is_named(log, path):
    target = log / "public" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"x" * 32)
    assert found(log) == {(f"public/{path}", Kind.EXTRA)}


def test_leftover_temporary_files_are_mentioned(log):
    (log / "public/tile/0/.tmp-00ff").write_bytes(b"half")
    report = check_directory(log, KEYS)
    assert [(finding.kind, finding.notice) for finding in report.findings] == [(Kind.EXTRA, True)]
    assert not report.damaged


def test_an_unreadable_file_is_named(log):
    (log / "public/tile/0/001").unlink()
    (log / "public/tile/0/001").mkdir()
    assert found(log) == {("public/tile/0/001", Kind.UNREADABLE)}


@pytest.mark.parametrize("keys", [KEYS, []], ids=["with keys", "without keys"])
@pytest.mark.parametrize("line", [0, 1, 2, 4])
def test_a_changed_checkpoint_is_named(log, line, keys):
    target = log / "public/checkpoint"
    lines = target.read_text(encoding="utf-8").split("\n")
    lines[line] = lines[line].replace("0", "1") if line == 1 else lines[line].swapcase()
    target.write_text("\n".join(lines), encoding="utf-8")
    names = found(log, keys)
    if keys:
        assert names == {("public/checkpoint", Kind.CHANGED)}
    elif line != 4:  # a signature cannot be checked without a key
        assert names


def test_a_missing_or_emptied_checkpoint_is_named(log):
    (log / "public/checkpoint").write_bytes(b"")
    assert found(log) == {("public/checkpoint", Kind.CHANGED)}
    (log / "public/checkpoint").unlink()
    assert found(log) == {("public/checkpoint", Kind.MISSING)}
    assert found(log / "public") == {("checkpoint", Kind.MISSING)}


def test_a_signed_checkpoint_of_another_tree_is_found(log):
    """Somebody with the key signed something else: only the entries themselves tell."""
    forged = sign_text(Checkpoint(ORIGIN, SIZE, b"r" * 32).text(), [KEY], NOW)
    (log / "public/checkpoint").write_bytes(forged.encode())
    (log / "public/extra").write_bytes(b"")
    assert ("public/checkpoint", Kind.CHANGED) in found(log)


def change_row(log, statement, *values):
    with closing(sqlite3.connect(log / "private/state.sqlite3")) as connection, connection:
        connection.execute(statement, values)


STATE = "private/state.sqlite3"


@pytest.mark.parametrize(
    ("statement", "values", "expected"),
    [
        ("UPDATE tlog_state SET root = ?", [b"x" * 32], {(STATE, Kind.CHANGED)}),
        ("UPDATE tlog_state SET note = ?", [b"nonsense"], {(STATE, Kind.CHANGED)}),
        ("DELETE FROM tlog_state", [], {(STATE, Kind.CHANGED)}),
        ("UPDATE tlog_state SET size = 1199, note = NULL", [], {(STATE, Kind.AHEAD)}),
        ("UPDATE tlog_state SET size = 1201, note = NULL", [], {("private/wal", Kind.MISSING)}),
        ("UPDATE tlog_state SET origin = 'x', note = NULL", [], {(STATE, Kind.CHANGED)}),
    ],
)
def test_a_changed_state_row_is_named(log, statement, values, expected):
    change_row(log, statement, *values)
    assert found(log) == expected


def test_a_missing_or_broken_state_database_is_named(log):
    state = log / STATE
    state.write_bytes(state.read_bytes()[:5000])
    assert found(log) == {(STATE, Kind.UNREADABLE)}
    state.write_bytes(b"not a database, but long enough to look at" * 100)
    assert found(log) == {(STATE, Kind.UNREADABLE)}
    state.unlink()
    assert found(log) == {(STATE, Kind.MISSING)}


def segment(log):
    [path] = (log / "private/wal").glob("*.wal")
    return path, f"private/wal/{path.name}"


@pytest.mark.parametrize("place", [0, 60, 140, 5000])
def test_a_flipped_bit_in_the_write_ahead_log_is_named(log, place):
    path, name = segment(log)
    flip(path, place)
    assert found(log) == {(name, Kind.CHANGED)}


def test_a_truncated_write_ahead_log_is_named(log):
    path, name = segment(log)
    path.write_bytes(path.read_bytes()[:-3])
    report = check_directory(log, KEYS)
    assert [(finding.path, finding.kind) for finding in report.findings] == [(name, Kind.TRUNCATED)]
    assert not report.damaged  # nothing promised needs it: all is published


def test_other_files_in_private_are_named(log):
    (log / "private/wal/more.txt").write_bytes(b"")
    (log / "private/notes").write_bytes(b"")
    path, _name = segment(log)
    path.rename(path.with_name("0000000009-00000000000000000009.wal"))
    assert found(log) == {
        ("private/wal/more.txt", Kind.EXTRA),
        ("private/notes", Kind.EXTRA),
        ("private/wal/0000000009-00000000000000000009.wal", Kind.CHANGED),
    }
    shutil.rmtree(log / "private/wal")
    assert ("private/wal", Kind.MISSING) in found(log)


@pytest.fixture
def interrupted(log):
    """A log whose last batch is promised, but not published."""
    with LogDirectory(log).running([KEY, KEY_SM2], NOW) as sequencer:
        sequencer._store = Faulty(sequencer._store, "replace")
        with pytest.raises(Stopped):
            sequencer.commit([f"late {number}".encode() for number in range(700)], NOW)
    return log


def test_an_interrupted_log_is_sound(interrupted):
    report = check_directory(interrupted, KEYS)
    assert [(finding.path, finding.kind) for finding in report.findings] == [("public/checkpoint", Kind.BEHIND)]
    assert not report.damaged
    with LogDirectory(interrupted).running([KEY, KEY_SM2], NOW) as sequencer:
        assert sequencer.size == SIZE + 700
    assert check_directory(interrupted, KEYS).findings == []


def test_a_lost_promise_is_found_before_the_start_fails(interrupted):
    for path in (interrupted / "private/wal").glob("*.wal"):
        path.unlink()
    assert found(interrupted) == {("private/wal", Kind.MISSING)}


def test_several_damages_are_all_named(log):
    flip(log / "public/tile/0/000", 40)
    flip(log / "public/tile/entries/001", 51)
    (log / "public/tile/0/002").unlink()
    (log / "public/tile/entries/003").unlink()
    (log / "public/extra").write_bytes(b"")
    assert found(log) == {
        ("public/tile/0/000", Kind.CHANGED),
        ("public/tile/entries/001", Kind.CHANGED),
        ("public/tile/0/002", Kind.MISSING),
        ("public/tile/entries/003", Kind.MISSING),
        ("public/extra", Kind.EXTRA),
    }


def test_a_tile_whose_judge_is_missing_is_still_named(log):
    (log / "public/tile/1/000.p/4").unlink()
    flip(log / "public/tile/0/000", 40)
    names = {path for path, _kind in found(log)}
    assert "public/tile/1/000.p/4" in names
    assert names & {"public/tile/0/000", "public/tile/entries/000"}


@pytest.mark.parametrize("path", BIG_FILES)
def test_damage_in_a_log_of_three_levels_is_named(big_log, path):
    target = big_log / "public" / path
    whole = target.read_bytes()
    assert found(big_log) == set()
    flip(target, 9)
    assert found(big_log) == {(f"public/{path}", Kind.CHANGED)}
    target.write_bytes(whole[:-1])
    assert found(big_log) == {(f"public/{path}", Kind.TRUNCATED)}
    target.unlink()
    assert found(big_log) == {(f"public/{path}", Kind.MISSING)}


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512])
def test_small_logs_are_clean(tmp_path, size):
    with LogDirectory.create(tmp_path / "log", ORIGIN, NOW).running([KEY], NOW) as sequencer:
        if size:
            sequencer.commit([str(number).encode() for number in range(size)], NOW)
    report = check_directory(tmp_path / "log", KEYS)
    assert (report.findings, report.head.size) == ([], size)
