"""The process that appends: takes requests over its socket, works off batches in one thread, answers.

There is one per log: a lock on the write-ahead folder keeps a second one out on this machine, the epoch of the deciding
row everywhere else. Any error of disk or database ends the process; whoever started it starts a fresh one, which looks
at the disk again (docs/formats/tlog-operation.md).
"""

import asyncio
import json
import logging
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from midun.evidence.engine.committer import Appended, Committer
from midun.evidence.engine.index import prepare_connection
from midun.evidence.engine.keyring import load
from midun.evidence.engine.place import Place
from midun.evidence.engine.queue import Channel, Queue, Taken, Waiting
from midun.evidence.engine.rebuild import rebuild
from midun.evidence.models import CheckpointRecord, Log
from midun.lib import exchange as frames
from midun.lib.exchange import Answer, Request, Status, Type
from midun.lib.exchange.singles import Single, decode_singles
from midun.lib.tlog.note import parse_signature
from midun.lib.tlog.sequencer import NotRecoverable, Sequencer
from midun.lib.tlog.store import FileStore
from midun.lib.tlog.wal import FileWal

_log = logging.getLogger(__name__)
_RETRY = 1


@dataclass(frozen=True)
class Pace:
    """How often a batch is committed (seconds between two beginnings), how big it is, and how much may wait.

    Once `eager` entries wait, the next batch begins without waiting for the interval to end.
    """

    interval: float = 0.05
    batch: int = frames.MAX_ENTRIES
    queue: int = 40_000
    eager: int = 500


@contextmanager
def started(log: Log, now: int) -> Iterator[Sequencer]:
    """The log's sequencer, recovered, with all rows in place.

    Raises `NotRecoverable` (also for a log restored from a backup that nobody confirmed), `WalLocked`, `KeyProblem`,
    and what `Sequencer.start` raises.
    """
    place = Place.of(log.number)
    if place.restored.exists():
        raise NotRecoverable("the log was restored from a backup and not confirmed: see midun log resume")
    with closing(FileWal(place.wal)) as wal, place.opened_state() as state:
        head = state.load(log.origin)
        _check_records(log, head.size)
        sequencer = Sequencer.start(
            origin=log.origin,
            signers=load(log.origin),
            store=FileStore(place.public),
            state=state,
            wal=wal,
            now=max(now, head.time),
        )
        rebuild(sequencer, log.number, log.opened_at)
        yield sequencer


def _check_records(log: Log, size: int) -> None:
    """A tree smaller than one already shown to witnesses or stamped is an old copy: appending to it would fork."""
    shown = CheckpointRecord.objects.unscoped("what was shown to others").filter(log=log).order_by("-size").first()
    if shown is not None and shown.size > size:
        raise NotRecoverable(f"a checkpoint of size {shown.size} was given out, the log has {size}: an old copy")


class Runner:
    """Serves one log until it is told to stop or something fails."""

    def __init__(self, sequencer: Sequencer, log: int, pace: Pace, clock: Callable[[], float] = time.time) -> None:
        self._sequencer = sequencer
        self._committer = Committer(sequencer, log)
        self._pace = pace
        self._clock = clock
        self._queue = Queue()
        self._unanswered: list[Taken] = []
        self._stored: asyncio.Future[None]
        self._extra: list[tuple[Channel, bytes]] = []
        self._wake, self._many = asyncio.Event(), asyncio.Event()
        self._stopping = False
        self.channels: set[Channel] = set()
        self._commits, self._newest = 0, 0.0
        self._status: dict[str, object] = {}

    async def serve(self, socket: Path, ready: Callable[[], None] = lambda: None) -> None:
        """Listen and work until `stop`. Raises what ended it."""
        _remove(socket)  # the lock says that nobody else listens there
        loop = asyncio.get_running_loop()
        self._stored = loop.create_future()
        self._stored.set_result(None)  # nothing is being stored
        old = os.umask(0o177)
        try:
            server = await loop.create_unix_server(lambda: Channel(self), str(socket), backlog=1024)
        finally:
            os.umask(old)
        # A failure to listen is told to the loop's log only: whoever cannot be reached must end, not stay.
        (await asyncio.open_unix_connection(str(socket)))[1].close()
        self._note_status()
        ready()
        with (
            ThreadPoolExecutor(1, thread_name_prefix="append") as worker,
            ThreadPoolExecutor(1, thread_name_prefix="store") as writer,
        ):
            try:
                for thread in (worker, writer):
                    await loop.run_in_executor(thread, prepare_connection)
                await self._work(loop, worker, writer)
            finally:
                self._refuse_all()
                server.close()
                for channel in list(self.channels):
                    channel.close()
                _remove(socket)
                for thread in (worker, writer):
                    await loop.run_in_executor(thread, _close_connection)

    def stop(self) -> None:
        """Finish the batch in hand and end."""
        self._stopping = True
        self._wake.set()
        self._many.set()

    def take(self, channel: Channel, kind: int, payload: bytes) -> None:
        """Take one frame."""
        if kind == Type.STATUS:
            channel.write(frames.frame(Type.TOLD, json.dumps(self._status).encode()))
        elif kind == Type.COSIGN:
            self._extra.append((channel, payload))
            self._wake.set()
        elif kind == Type.SINGLES:
            self._enqueue_singles(channel, decode_singles(payload))
        elif kind == Type.DEPOSIT:
            self._enqueue(channel, frames.decode_request(payload))

    def _enqueue(self, channel: Channel, request: Request) -> None:
        if self._admit(channel, len(request), [request.number]):
            self._queue.requests.append(Waiting(request, channel))

    def _enqueue_singles(self, channel: Channel, singles: list[Single]) -> None:
        if self._admit(channel, len(singles), [one[0] for one in singles]):
            self._queue.singles.append((channel, singles))

    def _admit(self, channel: Channel, entries: int, numbers: Sequence[int]) -> bool:
        """Whether so many more may wait; else these calls are refused."""
        if self._stopping or self._queue.entries + entries > self._pace.queue:
            channel.refuse(numbers, Answer(Status.STOPPED if self._stopping else Status.FULL, _RETRY))
            return False
        self._queue.entries += entries
        self._wake.set()
        if self._queue.entries >= self._pace.eager:
            self._many.set()
        return True

    async def _pause(self, begun: float) -> None:
        """Until the interval is over, or many wait."""
        rest = begun + self._pace.interval - time.monotonic()
        if rest > 0 and self._queue.entries < self._pace.eager:
            self._many.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._many.wait(), rest)

    async def _work(
        self, loop: asyncio.AbstractEventLoop, worker: ThreadPoolExecutor, writer: ThreadPoolExecutor
    ) -> None:
        """Append batch after batch; while the rows of one are stored, the next may be appended, not a third."""
        begun = 0.0
        while not self._stopping:
            await self._wake.wait()
            await self._pause(begun)
            self._wake.clear()
            begun = time.monotonic()
            for channel, payload in self._extra[:]:
                self._extra.pop(0)
                told = await loop.run_in_executor(worker, self._cosign, payload)
                channel.write(frames.frame(Type.TOLD, told))
            taken = self._queue.cut(self._pace.batch)
            if taken:
                now = self._newest = max(self._clock(), float(self._sequencer.time), self._newest)
                requests, singles = [one.request for one in taken.requests], taken.flat()
                self._unanswered.append(taken)
                appended = await loop.run_in_executor(worker, self._committer.append, requests, now, singles)
                await self._stored  # raises what ended it
                self._stored = loop.create_task(self._store(loop, writer, taken, appended))
                self._stored.add_done_callback(lambda _done: self._wake.set())
                self._commits += 1
            elif self._stored.done():
                await self._stored
            if self._queue or self._extra:
                self._wake.set()
            self._note_status()
        await self._stored

    async def _store(
        self,
        loop: asyncio.AbstractEventLoop,
        writer: ThreadPoolExecutor,
        taken: Taken,
        appended: Appended,
    ) -> None:
        """Write the rows of a batch, then answer."""
        await loop.run_in_executor(writer, self._committer.store, appended)
        self._unanswered.remove(taken)
        taken.deliver(appended)

    def _refuse_all(self) -> None:
        for taken in (*self._unanswered, Taken(self._queue.requests, self._queue.singles)):
            taken.refuse(Status.STOPPED, _RETRY)
        self._queue, self._unanswered = Queue(), []

    def _cosign(self, payload: bytes) -> bytes:
        """Put cosignatures (verified by the caller) on the published checkpoint, if it still is of that size."""
        size, lines = frames.decode_checkpoint(payload)
        if size != self._sequencer.size:
            return b"passed"
        self._sequencer.add_cosignatures([parse_signature(line) for line in lines.decode().splitlines()])
        for channel in self.channels:
            channel.told_size = -1
        return b"published"

    def _note_status(self) -> None:
        now = self._clock()
        self._status = {
            "size": self._sequencer.size,
            "epoch": self._sequencer.epoch,
            "queue": self._queue.entries,
            "batches": self._commits,
            "clock_back": max(0, round(self._sequencer.time - now)),
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "pid": os.getpid(),
        }


def _remove(socket: Path) -> None:
    socket.unlink(missing_ok=True)


def _close_connection() -> None:
    """The connection of the thread this runs in."""
    connection.close()
