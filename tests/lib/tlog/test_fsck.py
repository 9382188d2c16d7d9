import shutil
import sqlite3
from contextlib import closing

import pytest

from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.directory import LogDirectory
from midun.lib.tlog.findings import Kind
from midun.lib.tlog.fsck_private import check_directory
from midun.lib.tlog.note import sign_text
from midun.lib.tlog.sequencer import Stopped
from tests.lib.tlog.building import KEY, KEY_SM2, NOW, ORIGIN
from tests.lib.tlog.faults import Faulty

SIZE = 66_000
KEYS = [KEY.verifier]


@pytest.fixture(scope="session")
def sound_log(tmp_path_factory):
    """A log with three levels of tiles, full and partial, older partial tiles, and a write-ahead segment."""
    root = tmp_path_factory.mktemp("fsck") / "log"
    sequencer = LogDirectory.create(root, ORIGIN, NOW).start([KEY, KEY_SM2], NOW)
    for begin, end in ((0, 65_700), (65_700, 65_790), (65_790, SIZE - 7), (SIZE - 7, SIZE)):
        sequencer.commit([f"entry {number}".encode() for number in range(begin, end)], NOW)
    sequencer._wal.close()
    sequencer._state.close()
    return root


@pytest.fixture
def log(sound_log, tmp_path):
    """A copy to damage."""
    copy = tmp_path / "log"
    shutil.copytree(sound_log, copy)
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy


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
    "tile/0/256",
    "tile/0/257.p/208",
    "tile/1/000",
    "tile/1/001.p/1",
    "tile/2/000.p/1",
    "tile/entries/000",
    "tile/entries/256",
    "tile/entries/257.p/208",
    "tile/0/257.p/201",
    "tile/entries/257.p/201",
]
REQUIRED = FILES[:-2]


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("place", [-1, 109])
def test_a_flipped_bit_is_blamed_on_its_file_alone(log, path, place):
    target = log / "public" / path
    if target.stat().st_size <= 109 and place == 109:
        place = 9
    flip(target, place)
    assert found(log) == {(f"public/{path}", Kind.CHANGED)}


def test_a_flipped_length_in_a_bundle_is_seen(log):
    flip(log / "public/tile/entries/003", 0)
    [(path, kind)] = found(log)
    assert (path, kind) in {("public/tile/entries/003", Kind.TRUNCATED), ("public/tile/entries/003", Kind.CHANGED)}


def test_it_says_where_in_the_file(log):
    target = log / "public/tile/0/007"
    for place in (0, 32 * 9 + 5, 8191):
        flip(target, place)
    assert details(log) == ["第 0、9、255 个哈希被改动（从 0 数起）。"]


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_file_is_named(log, path):
    (log / "public" / path).unlink()
    assert found(log) == {(f"public/{path}", Kind.MISSING)}


def test_a_missing_older_partial_is_no_damage_when_it_may_be_gone(log):
    (log / "public/tile/0/257.p/201").unlink()
    assert found(log) == set()


@pytest.mark.parametrize("path", FILES)
def test_a_truncated_file_is_named(log, path):
    target = log / "public" / path
    target.write_bytes(target.read_bytes()[:-7])
    assert found(log) == {(f"public/{path}", Kind.TRUNCATED)}


@pytest.mark.parametrize("path", ["tile/0/000", "tile/2/000.p/1", "tile/entries/257.p/208"])
def test_an_emptied_file_is_named(log, path):
    (log / "public" / path).write_bytes(b"")
    assert found(log) == {(f"public/{path}", Kind.TRUNCATED)}


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/000", "tile/1/001.p/1"])
def test_a_lengthened_file_is_named(log, path):
    target = log / "public" / path
    target.write_bytes(target.read_bytes() + b"more")
    assert found(log) == {(f"public/{path}", Kind.CHANGED)}


@pytest.mark.parametrize(
    "path",
    ["tile/0/258", "tile/0/257.p/209", "tile/3/000.p/1", "tile/entries/x001/000", "notes.txt", "tile/0/1", "core"],
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
    (log / "public/tile/0/005").unlink()
    (log / "public/tile/0/005").mkdir()
    assert found(log) == {("public/tile/0/005", Kind.UNREADABLE)}


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
        ("UPDATE tlog_state SET size = 65999, note = NULL", [], {(STATE, Kind.AHEAD)}),
        ("UPDATE tlog_state SET size = 66001, note = NULL", [], {("private/wal", Kind.MISSING)}),
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


@pytest.mark.parametrize("place", [0, 60, 140, 100_000])
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
    sequencer = LogDirectory(log).start([KEY, KEY_SM2], NOW)
    sequencer._store = Faulty(sequencer._store, "replace")
    with pytest.raises(Stopped):
        sequencer.commit([f"late {number}".encode() for number in range(700)], NOW)
    sequencer._wal.close()
    sequencer._state.close()
    return log


def test_an_interrupted_log_is_sound(interrupted):
    report = check_directory(interrupted, KEYS)
    assert [(finding.path, finding.kind) for finding in report.findings] == [("public/checkpoint", Kind.BEHIND)]
    assert not report.damaged
    sequencer = LogDirectory(interrupted).start([KEY, KEY_SM2], NOW)
    assert sequencer.size == SIZE + 700
    sequencer._wal.close()
    sequencer._state.close()
    assert check_directory(interrupted, KEYS).findings == []


def test_a_lost_promise_is_found_before_the_start_fails(interrupted):
    for path in (interrupted / "private/wal").glob("*.wal"):
        path.unlink()
    assert found(interrupted) == {("private/wal", Kind.MISSING)}


def test_several_damages_are_all_named(log):
    flip(log / "public/tile/0/000", 40)
    flip(log / "public/tile/entries/100", 50)
    (log / "public/tile/1/000").unlink()
    (log / "public/tile/entries/200").unlink()
    (log / "public/extra").write_bytes(b"")
    names = {path for path, _kind in found(log)}
    assert {"public/tile/1/000", "public/tile/entries/200", "public/extra"} <= names
    assert names & {"public/tile/0/000", "public/tile/entries/000"}
    assert names & {"public/tile/0/100", "public/tile/entries/100"}


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512])
def test_small_logs_are_clean(tmp_path, size):
    sequencer = LogDirectory.create(tmp_path / "log", ORIGIN, NOW).start([KEY], NOW)
    if size:
        sequencer.commit([str(number).encode() for number in range(size)], NOW)
    report = check_directory(tmp_path / "log", KEYS)
    assert (report.findings, report.head.size) == ([], size)
