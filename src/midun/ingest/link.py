"""Asking the process that appends from an event loop, many calls at once over one connection: for ingest."""

import asyncio
from pathlib import Path
from typing import Protocol

from midun.evidence.engine.door import Reply, Unavailable
from midun.lib import exchange as frames
from midun.lib.exchange import Answer, Request, Splitter, Type, singles

_FULL = 50_000
_NUMBERS = 0xFFFFFFFF


class Waiter(Protocol):
    """Who asked for one plain deposit; exactly one of these is called, later."""

    def placed(self, number: int, leaf: bytes, piece: bytes, at: int, checkpoint: bytes) -> None:
        """It is in the log: `exchange.singles` says what this is. Without a piece it was deposited before."""

    def refused(self, answer: Answer | None) -> None:
        """It was refused; None: nobody knows, because the connection was lost."""


class Link(asyncio.Protocol):
    """One connection, made when it is needed and made again after it was lost."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._transport: asyncio.WriteTransport | None = None
        self._splitter = Splitter()
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._waiters: dict[int, Waiter] = {}
        self._out: list[bytes] = []
        self._singles: list[bytes] = []
        self._flushing = False
        self._number = 0
        self._checkpoint = b""
        self._connecting: asyncio.Lock | None = None

    @property
    def waiting(self) -> int:
        """How many calls are under way."""
        return len(self._waiting) + len(self._waiters)

    @property
    def ready(self) -> bool:
        """Whether `single` may be called now."""
        transport = self._transport
        return transport is not None and not transport.is_closing() and len(self._waiters) < _FULL

    def single(self, waiter: Waiter, tenant: int, kind: int, claimed_at: int, commitment: bytes) -> None:
        """Ask for one plain deposit; only when `ready`."""
        self._number = number = (self._number + 1) & _NUMBERS
        self._waiters[number] = waiter
        self._singles.append(singles.pack_single(number, tenant, kind, claimed_at, commitment))
        if not self._flushing:
            self._flush_soon()

    async def deposit(self, request: Request) -> Reply:
        """As `door.deposit`. Raises `Unavailable`, also when too many calls are under way."""
        if self._transport is None or self._transport.is_closing():
            await self._connect()
        if len(self._waiting) >= _FULL:
            raise Unavailable("too many calls")
        self._number = request.number = (self._number + 1) & _NUMBERS
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[request.number] = future
        self._out.append(frames.encode_request(request))
        if not self._flushing:
            self._flush_soon()
        return await future

    def _flush_soon(self) -> None:
        self._flushing = True
        asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Send everything that was asked for in this turn of the loop with one write."""
        self._flushing = False
        if self._singles:
            self._out.append(singles.encode_singles(self._singles))
        data, self._out, self._singles = b"".join(self._out), [], []
        if self._transport is not None:
            self._transport.write(data)
        else:
            self.connection_lost(None)

    def close(self) -> None:
        """Give up the connection."""
        if self._transport is not None:
            self._transport.close()

    async def _connect(self) -> None:
        self._connecting = self._connecting or asyncio.Lock()
        async with self._connecting:
            if self._transport is not None and not self._transport.is_closing():
                return
            try:
                loop = asyncio.get_running_loop()
                self._splitter = Splitter()
                await loop.create_unix_connection(lambda: self, str(self._path))
            except OSError as error:
                raise Unavailable(str(error)) from error

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self._transport = transport  # type: ignore[assignment]  # a socket's transport writes

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits learns that nobody knows: asking again gives the first receipt if it was taken."""
        self._transport = None
        lost, self._waiting = self._waiting, {}
        for future in lost.values():
            if not future.done():
                future.set_exception(Unavailable("the connection ended"))
        waiters, self._waiters = self._waiters, {}
        for waiter in waiters.values():
            waiter.refused(None)

    def data_received(self, data: bytes) -> None:
        """Hand answers to those who wait."""
        for kind, payload in self._splitter.feed(data):
            if kind == Type.PLACED:
                self._placed(payload)
            elif kind == Type.CHECKPOINT:
                self._checkpoint = frames.decode_checkpoint(payload)[1]
            elif kind == Type.ANSWER:
                self._answered(frames.decode_answer(payload))

    def _placed(self, payload: bytes) -> None:
        at, placed = singles.decode_placed(payload)
        waiters, checkpoint = self._waiters, self._checkpoint
        for call, number, leaf, piece in placed:
            waiter = waiters.pop(call, None)
            if waiter is not None:
                waiter.placed(number, leaf, piece, at, checkpoint)

    def _answered(self, answer: Answer) -> None:
        waiter = self._waiters.pop(answer.number, None)
        if waiter is not None:
            waiter.refused(answer)
            return
        future = self._waiting.pop(answer.number, None)
        if future is not None and not future.done():
            future.set_result(Reply(answer, self._checkpoint))
