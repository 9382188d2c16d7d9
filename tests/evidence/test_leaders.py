"""Two machines that both believe they append: the row both can reach decides, and of one size there is one tree."""

import secrets
import shutil
import threading
import time
from contextlib import ExitStack, closing, suppress

import pytest

from midun.evidence.engine import door
from midun.evidence.engine.committer import Committer
from midun.evidence.engine.keyring import load
from midun.evidence.engine.place import Place
from midun.evidence.models import Deposit
from midun.evidence.monitor import keys_of
from midun.evidence.services.tokens import tenant_of
from midun.lib.exchange import Item, Request, Status
from midun.lib.tlog.note import open_checkpoint
from midun.lib.tlog.sequencer import NotRecoverable, Sequencer, Stopped
from midun.lib.tlog.state import StateConflict
from midun.lib.tlog.store import FileStore, StoreConflict
from midun.lib.tlog.wal import FileWal
from tests.evidence.conftest import running
from tests.evidence.test_survival import check_all
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


def several(tenant):
    return Request(tenant, [Item(1, secrets.token_bytes(64)) for _ in range(30)])


class Machine:
    """A writer whose write-ahead folder is its own, so that no lock of this machine keeps it from beginning."""

    def __init__(self, log, wal, public=None):
        self.log, self.wal, self.public = log, wal, public or Place.of(log.number).public
        self.receipts, self.ends = [], []

    def begin(self, stack):
        self.wal.mkdir(exist_ok=True)
        state = stack.enter_context(Place.of(self.log.number).opened_state())
        wal = stack.enter_context(closing(FileWal(self.wal)))
        now, store = int(time.time()), FileStore(self.public)
        return Sequencer.start(
            origin=self.log.origin, signers=load(self.log.origin), store=store, state=state, wal=wal, now=now
        )

    def live(self, tenant, until):
        """Begin again and again, as its supervisor would, and append until it is found out."""
        while not until.is_set():
            with ExitStack() as stack, suppress(StateConflict, StoreConflict, NotRecoverable):
                committer = Committer(self.begin(stack), self.log.number)
                try:
                    while not until.is_set():
                        request = several(tenant)
                        appended = committer.append([request], time.time())
                        self.receipts.append((request, appended))
                except Stopped as end:
                    self.ends.append(end)


def test_two_leaders_race_and_no_size_has_two_trees(log, cast, tmp_path):
    tenant, until = tenant_of(cast.jia).pk, threading.Event()
    machines = [Machine(log, tmp_path / name) for name in ("one", "two")]

    def watch():
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not all(len(one.ends) > 2 and one.receipts for one in machines):
            time.sleep(0.02)
        until.set()

    assert together(*[lambda one=one: one.live(tenant, until) for one in machines], watch) == [None] * 3
    assert all(len(one.ends) > 2 for one in machines), "each was found out several times"
    receipts = [receipt for one in machines for receipt in one.receipts]
    heads = {(head.size, head.root) for head in (signed(log, appended.checkpoint) for _, appended in receipts)}
    assert len({size for size, _root in heads}) == len(heads), "two trees of one size were signed"
    shutil.rmtree(Place.of(log.number).wal)
    shutil.copytree(tmp_path / "one", Place.of(log.number).wal)
    for segment in (tmp_path / "two").glob("*.wal"):
        shutil.copy(segment, Place.of(log.number).wal)
    with running(log) as problems:
        pass
    assert problems == []
    kept = {}
    for request, appended in receipts:
        for item, placed in zip(request.items, appended.answers[0].placed, strict=True):
            kept[item.commitment] = placed, appended.checkpoint
    check_all(log, kept)


def signed(log, note):
    return open_checkpoint(note, keys_of(log)).checkpoint


def test_an_old_copy_on_another_machine_gives_up_and_costs_the_real_one_a_restart(log, cast, tmp_path):
    tenant, folder = tenant_of(cast.jia).pk, Place.of(log.number)
    with running(log):
        door.ask(folder.socket, several(tenant))
        shutil.copytree(folder.public, tmp_path / "copy")
        door.ask(folder.socket, several(tenant))
        before = folder.checkpoint()
    with running(log) as problems:
        with ExitStack() as stack, pytest.raises(NotRecoverable):
            Machine(log, tmp_path / "wal", tmp_path / "copy").begin(stack)
        assert folder.checkpoint() == before
        with suppress(door.Unavailable):
            assert door.ask(folder.socket, several(tenant)).answer.status is Status.STOPPED
    assert [type(problem) for problem in problems] == [Stopped]
    with running(log) as problems:
        assert door.ask(folder.socket, several(tenant)).answer.status is Status.ACCEPTED
    assert problems == []
    assert Deposit.objects.unscoped("test").count() == signed(log, folder.checkpoint()).size
