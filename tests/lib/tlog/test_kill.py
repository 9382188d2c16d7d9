"""Kill -9, for real: a process appends, dies, and whoever starts next must keep every promise (the long run: torture)."""

import signal
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path

import pytest

from midun.lib.tlog.directory import LogDirectory
from midun.lib.tlog.store import FileStore
from tests.lib.tlog import naive
from tests.lib.tlog.building import KEY, NOW, ORIGIN, entries_of
from tests.lib.tlog.victim import BATCH

ROOT = Path(__file__).resolve().parents[3]
POINTS = [
    ("wal", "append"),
    ("state", "advance"),
    ("state", "record_note"),
    ("store", "create"),
    ("store", "sync"),
    ("store", "replace"),
    ("wal", "forget"),
    ("store", "delete"),
]


def victim(*arguments):
    command = [sys.executable, "-m", "tests.lib.tlog.victim", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def accepted(output):
    """(first index, name, number, root) of every receipt the process gave before it died."""
    whole = output[: output.rfind("\n") + 1]
    return [(int(first), name, int(number), root) for first, name, number, root in map(str.split, whole.splitlines())]


def assert_kept(folder, receipts):
    """Start the log again: nothing accepted is lost, every root given out is a beginning of the log."""
    log = LogDirectory(folder)
    with log.running([KEY], NOW):
        pass
    entries = entries_of(FileStore(log.public))
    for first, name, number, root in receipts:
        expected = [f"{name}-{number}-{n}".encode() for n in range(BATCH)]
        assert entries[first : first + BATCH] == expected
        assert naive.mth(entries[: first + BATCH]) == b64decode(root)
    return entries


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("part", "method"), POINTS)
def test_killed_at_every_step_of_a_commit(tmp_path, part, method, when):
    LogDirectory.create(tmp_path / "log", ORIGIN, NOW)
    nth = 1 if method == "delete" else 2
    process = victim(tmp_path / "log", "a", "commit", part, method, when, nth)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (-signal.SIGKILL, "")
    receipts = accepted(output)
    assert receipts or method == "create"
    entries = assert_kept(tmp_path / "log", receipts)
    assert len(entries) - len(receipts) * BATCH in (0, BATCH)


@pytest.mark.parametrize(
    ("part", "method", "nth"),
    [("store", "create", 2), ("store", "sync", 1), ("store", "replace", 1), ("wal", "append", 1)],
)
def test_killed_while_recovering(tmp_path, part, method, nth):
    folder = tmp_path / "log"
    LogDirectory.create(folder, ORIGIN, NOW)
    step = ("state", "advance", "before", 2) if part == "wal" else ("store", "create", "before", 7)
    receipts = accepted(victim(folder, "a", "commit", *step).communicate(timeout=60)[0])
    again = victim(folder, "b", "start", part, method, "before", nth)
    assert again.communicate(timeout=60) == ("", "")
    assert again.returncode == -signal.SIGKILL
    assert len(assert_kept(folder, receipts)) == (len(receipts) + 1) * BATCH


def test_killed_at_random_moments(tmp_path):
    """One log, several lives; each ends wherever it happens to be."""
    folder, receipts = tmp_path / "log", []
    LogDirectory.create(folder, ORIGIN, NOW)
    for life in range(4):
        process = victim(folder, f"life{life}")
        first = process.stdout.readline()
        time.sleep(0.013 * (life + 1))
        process.kill()
        output, errors = process.communicate(timeout=60)
        assert "Traceback" not in errors
        receipts += accepted(first + output)
        assert_kept(folder, receipts)
    assert len({name for _first, name, _number, _root in receipts}) == 4
