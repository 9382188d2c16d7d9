"""The processes that take deposits: one listening socket, several processes behind it, each with its own loop."""

import asyncio
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress

import uvloop

from midun.ingest.application import HEADERS, Ingest
from midun.lib.http1 import Connection, Server

_log = logging.getLogger(__name__)
_BACKLOG = 8192
_COLLECT = 50_000
_PAUSE = 1.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def listen(host: str, port: int) -> socket.socket:
    """The socket of all workers. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


def run(listening: socket.socket, number: int) -> None:
    """Keep so many worker processes at work until told to stop; then they finish what is under way."""
    _Workers(listening, number).run()


class _Workers:
    """The parent: it starts workers, and again those that end; they end when it does."""

    def __init__(self, listening: socket.socket, number: int) -> None:
        self._listening, self._number = listening, number
        self._begun: dict[int, float] = {}
        self._stopping = False
        self._read, self._write = os.pipe()  # closed by our end: that is how workers notice it

    def run(self) -> None:
        """Until told to stop and the last has ended."""
        for number in _SIGNALS:
            signal.signal(number, self._stop)
        while not (self._stopping and not self._begun):
            while len(self._begun) < self._number and not self._stopping:
                self._start()
            with suppress(ChildProcessError):
                pid, status = os.wait()
                begun = self._begun.pop(pid, 0.0)
                if not self._stopping:
                    _log.warning("a worker ended (%s); a fresh one starts", os.waitstatus_to_exitcode(status))
                    time.sleep(max(0.0, begun + _PAUSE - time.monotonic()))

    def _start(self) -> None:
        pid = os.fork()
        if pid:
            self._begun[pid] = time.monotonic()
            if self._stopping:  # told so between the question and the answer
                os.kill(pid, signal.SIGTERM)
            return
        code = 1
        try:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            os.close(self._write)
            work(self._listening, self._read)
            code = 0
        except BaseException:  # noqa: BLE001  # a forked process must end here, whatever happened
            _log.exception("a worker failed")
        finally:
            os._exit(code)

    def _stop(self, _number: int, _frame: object) -> None:
        self._stopping = True
        for pid in self._begun:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def work(listening: socket.socket, parent: int) -> None:
    """One worker: serve until a signal, or until the other end of the pipe `parent` is closed."""
    # What was loaded lives as long as the process: the collector need not walk it again and again.
    gc.freeze()
    gc.set_threshold(_COLLECT)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(listening, parent))


async def _until_told(listening: socket.socket, parent: int) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, told.set)
    loop.add_reader(parent, told.set)
    await serve(listening, told)


async def serve(listening: socket.socket, told: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Take deposits until told to stop."""
    ingest = Ingest()
    server = Server(ingest, HEADERS)
    doors = await asyncio.get_running_loop().create_server(lambda: Connection(server), sock=listening, backlog=_BACKLOG)
    ready()
    while not told.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), 1.0)
        server.tick()
    doors.close()
    await server.close()
    ingest.close()
    await asyncio.sleep(0)  # connections are closed in the loop's next turn
