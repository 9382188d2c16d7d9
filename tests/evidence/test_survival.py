"""The service is hurt while programs deposit: every receipt ever given stays provable."""

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from midun.evidence.engine import door
from midun.evidence.engine.place import Place
from midun.evidence.engine.runner import Pace
from midun.evidence.models import Deposit
from midun.evidence.monitor import keys_of
from midun.evidence.receipts import receipt_of
from midun.evidence.services.tokens import tenant_of
from midun.lib.exchange import Item, Request, Status
from midun.lib.tlog.commitment import parse_entry
from midun.lib.tlog.fsck_private import check_directory
from midun.lib.tlog.merkle import SHA256, verify_inclusion
from midun.lib.tlog.note import open_checkpoint
from tests.evidence.conftest import running
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)
KILLS = int(os.environ.get("SERVICE_KILLS", "4"))
CLIENTS = 4


def sequencer(**more):
    """A real process that appends."""
    command = [str(Path(sys.executable).parent / "midun"), "sequence", "--interval", "0.01"]
    return subprocess.Popen(
        command, env=environment(**more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def ready(process):
    """Wait until it says so; what it said otherwise."""
    said = []
    while "已就绪" not in "".join(said[-1:]):
        said.append(process.stdout.readline())
        assert said[-1], said
    threading.Thread(target=drain, args=(process,), daemon=True).start()


def drain(process):
    with process.stdout as said:
        said.read()


class Depositors:
    """Threads that deposit without end and keep every answer they got."""

    def __init__(self, place, tenant):
        self.place, self.tenant = place, tenant
        self.accepted, self.stop = {}, threading.Event()
        self.threads = [threading.Thread(target=self.work) for _ in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()

    def work(self):
        wanted = None
        while not self.stop.is_set():
            wanted = wanted or os.urandom(64)
            try:
                reply = door.ask(self.place.socket, Request(self.tenant, [Item(1, wanted)]))
            except door.Unavailable:
                time.sleep(0.02)  # and the same commitment again, as a program would
                continue
            if reply.answer.status is Status.ACCEPTED:
                self.accepted[wanted] = (reply.answer.placed[0], reply.checkpoint)
                wanted = None


def check_all(log, accepted):
    """Each receipt holds by itself, in the index, and in the log as it is now."""
    place, keys = Place.of(log.number), keys_of(log)
    now = open_checkpoint(place.checkpoint(), keys).checkpoint
    for wanted, (placed, note) in accepted.items():
        deposit = Deposit.objects.unscoped("test").get(pk=placed.number)
        assert bytes(deposit.commitment) == wanted
        proof = receipt_of(deposit).proof
        assert parse_entry(proof.extra).commitment.leaf == wanted
        verify_inclusion(
            leaf=SHA256.leaf(proof.extra), index=deposit.index, size=now.size, proof=proof.hashes, root=now.root
        )
        if placed.piece:
            then = open_checkpoint(note, keys).checkpoint
            hashes = [base64.b64decode(line) for line in placed.piece[112:].decode().splitlines()]
            verify_inclusion(
                leaf=SHA256.leaf(placed.piece[:112]), index=deposit.index, size=then.size, proof=hashes, root=then.root
            )
    assert Deposit.objects.unscoped("test").count() == now.size
    assert [f for f in check_directory(place.root, keys).findings if not f.notice and "state" not in f.path] == []


def test_killed_at_any_moment_under_load(log, cast):
    with Depositors(Place.of(log.number), tenant_of(cast.jia).pk) as depositors:
        for number in range(KILLS):
            process = sequencer()
            ready(process)
            known = len(depositors.accepted)
            while len(depositors.accepted) < known + 20 + number:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            process.wait()
    with running(log) as told:
        assert told == []
    assert len(depositors.accepted) > 20 * KILLS
    check_all(log, depositors.accepted)


def test_a_full_disk_stops_it_and_space_starts_it_again(log, cast):
    """A limit on the size of files stands for the full disk: writing fails in the middle of a batch."""
    tenant = tenant_of(cast.jia).pk
    code = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (120_000, 120_000))\n"
    code += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    code += "sys.argv = ['midun', 'sequence', '--interval', '0.01']\n"
    code += "from midun.config.cli import main; main()\n"
    kept = {}
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    ready(process)
    with Depositors(Place.of(log.number), tenant) as depositors:
        assert process.wait(60) not in (0, 4)
    kept |= depositors.accepted
    with running(log) as told, Depositors(Place.of(log.number), tenant) as depositors:
        while len(depositors.accepted) < 5:
            time.sleep(0.002)
    assert told == []
    check_all(log, kept | depositors.accepted)


def test_a_clock_set_back_does_not_go_into_the_log(log, cast):
    tenant, behind = tenant_of(cast.jia).pk, [0]
    with running(log, Pace(0.001), clock=lambda: time.time() - behind[0]):
        for _ in range(3):
            door.ask(Place.of(log.number).socket, Request(tenant, [Item(1, os.urandom(64))]))
            behind[0] = 3600
        assert door.status(Place.of(log.number).socket)["clock_back"] > 0
    times = list(Deposit.objects.unscoped("test").order_by("number").values_list("accepted_at", flat=True))
    assert times == sorted(times)


def test_a_full_queue_says_when_to_come_again(log, cast):
    tenant = tenant_of(cast.jia).pk
    with running(log, Pace(0.001, batch=10, queue=10)):
        answer = door.ask(Place.of(log.number).socket, Request(tenant, [Item(1, os.urandom(64)) for _ in range(11)]))
        assert (answer.answer.status, answer.answer.retry_after) == (Status.FULL, 1)
