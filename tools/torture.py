"""The long tests of the transparency log (`make torture`): failures and kills at every system call and at random.

Each run appends to a log in a process of its own, hurts it, starts the log again and checks that every accepted
receipt is kept, that no root ever given out is contradicted, and that `midun log fsck` finds nothing. The first part
needs strace and says so where it is absent. Exit code 1 if any promise was broken.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

from midun.lib.tlog.directory import LogDirectory
from midun.lib.tlog.fsck_private import check_directory
from midun.lib.tlog.merkle import Frontier
from midun.lib.tlog.store import FileStore
from tests.lib.tlog.building import KEY, NOW, ORIGIN, leaf, published
from tests.lib.tlog.victim import BATCH
from tools import litewitness

ROOT = Path(__file__).resolve().parent.parent
SYSCALLS = [
    "openat",
    "write",
    "pwrite64",
    "pread64",
    "fdatasync",
    "fsync",
    "link",
    "rename",
    "unlink",
    "mkdir",
    "flock",
]
HURTS = ["error=EIO", "error=ENOSPC", "signal=KILL"]
BATCHES = "6"
KILLS = int(os.environ.get("TORTURE_KILLS", "1000"))


def victim(folder: Path, name: str, *before: str) -> subprocess.Popen[str]:
    """A process that appends; `before` is put before its command line."""
    command = [*before, sys.executable, "-m", "tests.lib.tlog.victim", str(folder), name]
    env = {**os.environ, "VICTIM_BATCHES": BATCHES if before else "1000000", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def receipts_of(output: str) -> list[tuple[int, str, int, bytes]]:
    """First index, name, number and root of each receipt that was given."""
    rows = [line.split() for line in output[: output.rfind("\n") + 1].splitlines()]
    return [(int(first), name, int(number), b64decode(root)) for first, name, number, root in rows]


def broken_promises(folder: Path, receipts: list[tuple[int, str, int, bytes]]) -> Iterator[str]:
    """Start the log again and compare it with every receipt ever given."""
    with LogDirectory(folder).running([KEY], NOW) as sequencer:
        entries = [entry for number in range(-(-sequencer.size // 256)) for entry in sequencer.nodes.entries(number)]
    roots, tree = {0: Frontier().root()}, Frontier()
    for entry in entries:
        tree.extend([leaf(entry)])
        roots[tree.size] = tree.root()
    if published(FileStore(folder / "public")).root != roots[len(entries)]:
        yield "published root does not fit the entries"
    for first, name, number, root in receipts:
        expected = [f"{name}-{number}-{n}".encode() for n in range(BATCH)]
        if entries[first : first + BATCH] != expected:
            yield f"accepted but lost: {name} {number} at {first}"
        if roots.get(first + BATCH) != root:
            yield f"two trees of size {first + BATCH}"
    for finding in check_directory(folder, [KEY.verifier]).findings:
        if not finding.notice:
            yield f"fsck: {finding.kind} {finding.path} {finding.detail}"


def calls_of_interest(work: Path) -> dict[str, range]:
    """Which of each system call's occurrences in a quiet run belong to the log, counted by strace itself."""
    folder, trace = work / "quiet", work / "trace"
    LogDirectory.create(folder, ORIGIN, NOW)
    process = victim(folder, "quiet", "strace", "-f", "-o", str(trace), "-e", f"trace={','.join(SYSCALLS)}")
    output, errors = process.communicate(timeout=120)
    if process.returncode:
        raise SystemExit(f"the quiet run failed: {errors}")
    counts, first = dict.fromkeys(SYSCALLS, 0), dict.fromkeys(SYSCALLS, 0)
    for line in trace.read_text(errors="replace").splitlines():
        found = re.match(r"\d+\s+(\w+)\(", line)
        if not found:
            continue
        name = found[1]
        counts[name] += 1
        if not any(first.values()) and str(folder) in line:
            first = {each: counts[each] + (each != name) for each in SYSCALLS}
    print(f"quiet run: {len(receipts_of(output))} receipts; calls per kind {counts}")
    return {name: range(first[name], counts[name] + 1) for name in SYSCALLS}


def hurt_every_call(work: Path) -> int:
    """EIO, ENOSPC and KILL at each call of each kind."""
    broken = runs = accepted = 0
    for name, places in calls_of_interest(work).items():
        for hurt in HURTS:
            for place in places:
                folder = work / "log"
                LogDirectory.create(folder, ORIGIN, NOW)
                inject = (
                    "strace",
                    "-f",
                    "-o",
                    "/dev/null",
                    "-e",
                    f"trace={name}",
                    "-e",
                    f"inject={name}:{hurt}:when={place}",
                )
                receipts = receipts_of(victim(folder, "a", *inject).communicate(timeout=120)[0])
                for promise in broken_promises(folder, receipts):
                    print(f"BROKEN {name} {hurt} when={place}: {promise}", flush=True)
                    broken += 1
                runs += 1
                accepted += len(receipts)
                shutil.rmtree(folder)
    print(f"every system call: {runs} runs, {accepted} receipts, {broken} broken promises", flush=True)
    return broken


def kill_at_random(work: Path) -> int:
    """One log after another lives through twenty kills each."""
    broken, receipts, folder = 0, [], work / "random"
    for kill in range(KILLS):
        if kill % 20 == 0:
            shutil.rmtree(folder, ignore_errors=True)
            LogDirectory.create(folder, ORIGIN, NOW)
            receipts = []
        process = victim(folder, f"life{kill}")
        assert process.stdout
        first = process.stdout.readline()
        time.sleep(random.uniform(0, 0.05))  # noqa: S311  # no secret
        process.kill()
        receipts += receipts_of(first + process.communicate(timeout=60)[0])
        for promise in broken_promises(folder, receipts):
            print(f"BROKEN kill {kill}: {promise}", flush=True)
            broken += 1
    print(f"kill -9 at random: {KILLS} kills, {broken} broken promises", flush=True)
    return broken


def kill_the_service() -> int:
    """The whole service killed under load, on SQLite and on PostgreSQL: tests/evidence/test_survival.py, many times."""
    broken = 0
    for database in ("sqlite", "postgresql"):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "tests/evidence/test_survival.py"]
        env = {**os.environ, "SERVICE_KILLS": str(max(1, KILLS // 10)), "MIDUN_TEST_DB": database}
        broken += subprocess.run(command, cwd=ROOT, env=env, check=False).returncode != 0
    print(f"the service under load: {max(1, KILLS // 10)} kills on each database, {broken} broken runs", flush=True)
    return broken


def hurt_the_service() -> int:
    """Every system call of the service's engine on both databases: tests/evidence/test_injection.py, all of them."""
    broken, memory = 0, Path("/dev/shm")  # noqa: S108  # where there is one: no disk is needed to see it fail
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        for database in ("sqlite", "postgresql"):
            command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:randomly", "--basetemp", f"{folder}/work"]
            env = {**os.environ, "INJECTION": "whole", "MIDUN_TEST_DB": database}
            command.append("tests/evidence/test_injection.py")
            broken += subprocess.run(command, cwd=ROOT, env=env, check=False).returncode != 0
    print(f"every system call of the service, on each database: {broken} broken runs", flush=True)
    return broken


def main() -> int:
    """Run all parts."""
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if shutil.which("strace"):
            broken += hurt_every_call(work) + hurt_the_service()
        else:
            print("strace is absent: no system call was made to fail")
        broken += kill_at_random(work)
    broken += kill_the_service()
    broken += litewitness.main()
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
