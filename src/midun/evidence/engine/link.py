"""Asking the process that appends from an event loop, many calls at once over one connection: for ingest."""

import asyncio
from pathlib import Path

from midun.evidence.engine.door import Reply, Unavailable
from midun.lib import exchange as frames
from midun.lib.exchange import Request, Splitter, Type

_FULL = 50_000


class Link(asyncio.Protocol):
    """One connection, made when it is needed and made again after it was lost."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._transport: asyncio.WriteTransport | None = None
        self._splitter = Splitter()
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._out: list[bytes] = []
        self._number = 0
        self._checkpoint = b""
        self._connecting: asyncio.Lock | None = None

    @property
    def waiting(self) -> int:
        """How many calls are under way."""
        return len(self._waiting)

    async def deposit(self, request: Request) -> Reply:
        """As `door.deposit`. Raises `Unavailable`, also when too many calls are under way."""
        if self._transport is None or self._transport.is_closing():
            await self._connect()
        if len(self._waiting) >= _FULL:
            raise Unavailable("too many calls")
        loop = asyncio.get_running_loop()
        self._number = request.number = (self._number + 1) & 0xFFFFFFFF
        future: asyncio.Future[Reply] = loop.create_future()
        self._waiting[request.number] = future
        if not self._out:
            loop.call_soon(self._flush)
        self._out.append(frames.encode_request(request))
        return await future

    def _flush(self) -> None:
        """Send everything that was asked for in this turn of the loop with one write."""
        data, self._out = b"".join(self._out), []
        if self._transport is not None:
            self._transport.write(data)
        else:
            self.connection_lost(None)

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

    def data_received(self, data: bytes) -> None:
        """Hand answers to those who wait."""
        for kind, payload in self._splitter.feed(data):
            if kind == Type.CHECKPOINT:
                self._checkpoint = frames.decode_checkpoint(payload)[1]
            elif kind == Type.ANSWER:
                answer = frames.decode_answer(payload)
                future = self._waiting.pop(answer.number, None)
                if future is not None and not future.done():
                    future.set_result(Reply(answer, self._checkpoint))
