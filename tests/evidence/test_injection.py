"""Every system call of a commit is made to fail, and the process killed at each: strace hurts one thread at a time.

The default run takes a few calls of each kind; `INJECTION=whole` (a part of `make torture`) takes them all.
"""

import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from queue import Empty, Queue

import pytest
from django.db import connection

from midun.evidence.engine import door
from midun.evidence.engine.committer import Committer
from midun.evidence.engine.place import Place
from midun.evidence.engine.runner import started
from midun.evidence.models import Deposit, DepositRequest, Usage
from midun.evidence.monitor import keys_of
from midun.evidence.services.tokens import tenant_of
from midun.lib.exchange import Item, Request, Status
from midun.lib.tlog.merkle import SHA256, Frontier
from midun.lib.tlog.note import open_checkpoint
from midun.lib.tlog.sequencer import Stopped
from tests.evidence.conftest import ORIGIN, forget_rows, running
from tests.evidence.injured import PLACES
from tests.evidence.test_survival import check_all
from tests.lib.tlog.faults import Faulty
from tests.processes import ROOT, environment

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        shutil.which("strace") is None, reason="strace is not installed (Debian: apt-get install strace)"
    ),
]
WHOLE = os.environ.get("INJECTION") == "whole"
PATIENCE, GRACE = 60, 15
CHANGING = re.compile(r"p?writev?(64)?|openat|f(data)?sync|ftruncate|link|rename|unlink|mkdir|rmdir|sendto|recvfrom")
"""Calls between which the state of disk or database differs: a kill at any other is the same as at the one before."""
HARMLESS = re.compile(
    r"futex|m(un|re)?map|mprotect|madvise|brk|clock_\w+|get\w+|rt_sig\w+|sched_\w+|epoll_\w+|clone3?|exit\w*|prctl"
    r"|rseq|set_\w+|uname|sysinfo|times|restart_syscall"
)
"""Calls that neither write nor read anything of the log or the database."""
SLICE = 4
SEND_FAILED = re.compile(r"^sendto\(.*INJECTED", re.MULTILINE)


class Lives:
    """The processes of `injured.py`, one after another."""

    def __init__(self, folder):
        self.trace, self.said, self.lines, self.pid = folder / "trace", folder / "said", Queue(), 0

    def __enter__(self):
        with self.said.open("wb") as errors:
            command = [sys.executable, "-m", "tests.evidence.injured"]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": errors}
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment(), bufsize=0, **pipes)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.reader.join(PATIENCE)
        self.process.stdout.close()

    def _read(self):
        for line in iter(self.process.stdout.readline, b""):
            if line.startswith(b"ended"):
                self.pid = 0
            self.lines.put(line.split())

    def told(self, wanted, patience=PATIENCE):
        """The number in the next line that begins so."""
        while True:
            word, *rest = self.lines.get(timeout=patience)
            if word == wanted.encode():
                return int(rest[0])

    @contextmanager
    def life(self, place, *inject):
        """A life that waits at `place` for the tracer; gives a function that waits for its end or kills it."""
        self.process.stdin.write({name: byte for byte, name in PLACES.items()}[place])
        self.pid = self.told("pid")

        def attached():
            tid = self.told("tid")
            command = ["strace", "-p", str(tid), "-o", str(self.trace), *inject]
            self.tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
            assert b"attached" in self.tracer.stderr.readline()
            self.process.stdin.write(b"g")

        yield self.pid, attached
        self.tracer.communicate(timeout=PATIENCE)


class Traffic:
    """A program that deposits batches and pages that deposit one at a time, some of it the same, until all is there."""

    def __init__(self, place, tenant):
        batches = [[secrets.token_bytes(64) for _ in range(10)] for _ in range(3)]
        singles = [[batch[at]] for batch in batches for at in (0, 7)] + [[secrets.token_bytes(64)]]
        self.place, self.tenant = place, tenant
        self.answers, self.notes, self.firsts, self.over = {}, set(), Counter(), threading.Event()
        self.threads = [
            threading.Thread(target=self._run, args=(requests,)) for requests in (batches, singles, singles[::-1])
        ]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(PATIENCE)

    @property
    def done(self):
        return not any(thread.is_alive() for thread in self.threads)

    def _run(self, requests):
        for commitments in requests:
            while not self.over.is_set():
                try:
                    reply = door.ask(self.place.socket, Request(self.tenant, [Item(1, one) for one in commitments]))
                except door.Unavailable:
                    time.sleep(0.01)
                    continue
                if reply.answer.status is Status.ACCEPTED:
                    self._keep(commitments, reply)
                    break

    def _keep(self, commitments, reply):
        for one, placed in zip(commitments, reply.answer.placed, strict=True):
            assert self.answers.setdefault(one, (placed, reply.checkpoint))[0].number == placed.number
            self.firsts[one] += not placed.duplicate
            self.notes.add(reply.checkpoint)


def fresh(log, tenant, *, unfinished):
    """The log with 250 deposits, so that the traffic fills a tile; `unfinished`: as a crash leaves it.

    That is with a batch whose rows are missing and one that is in the deciding row but in no tile.
    """
    for model in (DepositRequest, Deposit, Usage):
        rows = model.objects.unscoped("test").all()
        rows._raw_delete(rows.db)
    place = Place.of(log.number)
    shutil.rmtree(place.root)
    forget_rows()
    place.lay_out(ORIGIN, 1)
    with started(log, int(time.time())) as sequencer:
        committer = Committer(sequencer, log.number)
        committer.commit([several(tenant, 250)], time.time())
        if unfinished:
            committer.append([several(tenant, 5)], time.time())
            sequencer._store = Faulty(sequencer._store, "create")
            with pytest.raises(Stopped):
                committer.append([several(tenant, 5)], time.time())


def several(tenant, count):
    return Request(tenant, [Item(1, secrets.token_bytes(64)) for _ in range(count)])


def one_history(log, notes):
    """Every checkpoint that came with a receipt is a beginning of the log as it is now."""
    place, tree, roots = Place.of(log.number), Frontier(), {}
    size = open_checkpoint(place.checkpoint(), keys_of(log)).checkpoint.size
    nodes = place.tree(size)
    for number in range(-(-size // 256)):
        for entry in nodes.entries(number):
            tree.extend([SHA256.leaf(entry)])
            roots[tree.size] = tree.root()
    for note in notes:
        head = open_checkpoint(note, keys_of(log)).checkpoint
        assert roots[head.size] == head.root


def hurt(lives, log, tenant, place, *inject):
    """One life under traffic, hurt as told; afterwards all must be there. Gives how it ended, as `waitpid` has it."""
    fresh(log, tenant, unfinished=place == "start")
    folder = Place.of(log.number)
    with Traffic(folder, tenant) as traffic:
        with lives.life(place, *inject) as (pid, attached):
            attached()
            status = outlived(lives, pid, traffic)
        with running(log) as told:
            for thread in traffic.threads:
                thread.join(PATIENCE)
            assert traffic.done
        assert told == []
    assert status != 4 << 8, "it gave up, although the next start recovered"
    assert max(traffic.firsts.values()) == 1
    check_all(log, traffic.answers)
    one_history(log, traffic.notes)
    return status


def outlived(lives, pid, traffic):
    """Wait until the process has ended, or has answered everything and is ended as a service manager does; its status."""
    begun, asked, severed = time.monotonic(), 0.0, False
    while time.monotonic() < begun + PATIENCE:
        try:
            return lives.told("ended", 0.02)
        except Empty:
            if not severed and SEND_FAILED.search(lives.trace.read_text()):
                severed = True
                sever()
            if traffic.done and not asked:
                asked = time.monotonic()
                end(pid, signal.SIGTERM)
            elif (
                asked and time.monotonic() > asked + GRACE
            ):  # the call that tells it of the signal was the one that failed
                end(pid, signal.SIGKILL)
    end(pid, signal.SIGKILL)
    raise AssertionError("it neither answers nor ends")


def sever():
    """What a failing send means: the other end is gone. While it is there, libpq waits for its word on why it failed."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # noqa: S608  # a constant


def end(pid, how):
    with suppress(ProcessLookupError):
        os.kill(pid, how)


def hurts(lives, log, tenant, place):
    """Every way to hurt a life at that place: call, which of its occurrences, and what happens to it."""
    assert hurt(lives, log, tenant, place, "-e", "trace=all") == 0
    calls = Counter(re.findall(r"^(\w+)\(", lives.trace.read_text(), re.MULTILINE))
    for call, times in sorted(calls.items()):
        if not HARMLESS.fullmatch(call):
            lost = "ECONNRESET" if call in ("sendto", "recvfrom") else "ENOSPC"
            ways = ["error=EIO", *([f"error={lost}", "signal=KILL"] if CHANGING.fullmatch(call) else [])]
            yield from ((call, when, way) for way in ways for when in range(1, times + 1))


@pytest.mark.parametrize("place", PLACES.values())
def test_no_failing_call_loses_what_was_accepted(log, cast, tmp_path, place):
    tenant, broken, ends = tenant_of(cast.jia).pk, [], Counter()
    with Lives(tmp_path) as lives:
        ways = list(hurts(lives, log, tenant, place))
        for call, when, way in ways if WHOLE else random.sample(ways, SLICE):
            try:
                ends[
                    hurt(lives, log, tenant, place, "-e", f"trace={call}", "-e", f"inject={call}:{way}:when={when}")
                ] += 1
            except Exception as error:  # noqa: BLE001  # all are tried, then all are told
                broken.append(f"{call} {when} {way}: {error!r}")
                print(broken[-1], flush=True)  # noqa: T201  # hours may follow
    print(f"{connection.vendor} {place}: {len(ways)} ways, ends {dict(ends)}, {len(broken)} broken")  # noqa: T201  # for who looks
    assert not broken
    assert sum(ends.values()) == (len(ways) if WHOLE else SLICE)


FOUND = (("start", "listen", 1, "error=EIO"),)
"""What a whole run once found: a process that lived on and could not be reached."""


@pytest.mark.parametrize(("place", "call", "when", "way"), FOUND)
def test_what_was_found_stays_repaired(log, cast, tmp_path, place, call, when, way):
    with Lives(tmp_path) as lives:
        inject = ("-e", f"trace={call}", "-e", f"inject={call}:{way}:when={when}")
        assert hurt(lives, log, tenant_of(cast.jia).pk, place, *inject) == 1 << 8
