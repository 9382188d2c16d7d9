"""HTTP/1.1 for programs that post: one request at a time on a connection, strict, limited in size and time.

Heads are read by llhttp (`httptools`), each different one once: programs send the same bytes again and again, and what
a head means is remembered. Everything that is not understood is refused and ends the connection.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote

import httptools

CHUNKED = -1
MAX_HEAD = 16 << 10
_END = b"\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_KEPT_HEADS = 10_000
_KEPT_BYTES = 1024
_WAITING = 1 << 20
"""So many bytes may wait behind a request that is being answered; then reading stops."""
_LOOK = 0.02
_ONCE = frozenset({b"authorization", b"content-type", b"idempotency-key", b"host"})


class BadRequest(Exception):
    """What came is no request that is understood here."""


@dataclass(eq=False, slots=True)
class Head:
    """The head of a request. `length` is `CHUNKED` for a body of unknown length; `known` is the application's own."""

    method: str
    path: str
    headers: Mapping[bytes, str]
    length: int
    keep: bool
    known: object = None
    until: float = 0.0

    def get(self, name: bytes) -> str:
        """The value of a header named in lower case, empty where there is none."""
        return self.headers.get(name, "")


class _Reader:
    """What llhttp tells about one request."""

    def __init__(self) -> None:
        self.url, self.headers, self.body, self.size, self.complete = b"", dict[bytes, bytes](), list[bytes](), 0, False
        self.parser = httptools.HttpRequestParser(self)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in self.headers and name in _ONCE:
            raise BadRequest(f"{name.decode('latin-1')} twice")
        self.headers[name] = value

    def on_body(self, body: bytes) -> None:
        self.body.append(body)
        self.size += len(body)

    def on_message_complete(self) -> None:
        self.complete = True

    def feed(self, data: bytes) -> None:
        """Read on. Raises `BadRequest`."""
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise BadRequest(str(error)) from error

    def head(self) -> Head:
        """The head, after it was fed. Raises `BadRequest`."""
        if self.parser.get_http_version() not in ("1.1", "1.0"):
            raise BadRequest("version")
        chunked = b"transfer-encoding" in self.headers
        length = CHUNKED if chunked else int(self.headers.get(b"content-length", b"0"))
        path = unquote(self.url.partition(b"?")[0].decode("latin-1"))
        headers = {name: value.decode("latin-1").strip() for name, value in self.headers.items()}
        keep = self.parser.should_keep_alive() and not chunked
        return Head(self.parser.get_method().decode(), path, headers, length, keep)


class Application(Protocol):
    """What answers requests."""

    def limit(self, head: Head) -> int:
        """How many bytes the body may have."""

    def take(self, connection: "Connection", head: Head, body: bytes) -> None:
        """Answer with `connection.respond`, now or later, exactly once."""

    def refuse(self, connection: "Connection", status: HTTPStatus, head: Head | None) -> None:
        """Answer what was not even taken: too large, no HTTP, too slow. The connection ends with the answer."""


class Server:
    """The connections of one event loop."""

    def __init__(self, application: Application, headers: bytes, *, idle: float = 75.0, patience: float = 30.0) -> None:
        """`headers` stand in every answer. A connection may be idle so long, and a request take so long to arrive."""
        self.application = application
        self.connections: set[Connection] = set()
        self.closing = False
        self.now = time.monotonic()
        self._headers = headers
        self._idle, self._patience = idle, patience
        self._heads: dict[bytes, Head] = {}
        self._begun: dict[int, bytes] = {}

    def known(self, data: bytes) -> Head | None:
        """The head that is these bytes, if it was read before."""
        return self._heads.get(data)

    def read(self, data: bytes) -> tuple[Head, _Reader]:
        """Read a whole head. Raises `BadRequest`."""
        reader = _Reader()
        reader.feed(data)
        head = reader.head()
        plain = head.length != CHUNKED and b"expect" not in head.headers and b"idempotency-key" not in head.headers
        if plain and len(data) <= _KEPT_BYTES:
            if len(self._heads) >= _KEPT_HEADS:
                self._heads.clear()
            self._heads[data] = head
        return head, reader

    def begin(self, status: int) -> bytes:
        """The first lines of an answer."""
        begun = self._begun.get(status)
        if begun is None:
            line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ndate: {formatdate(usegmt=True)}\r\n"
            begun = self._begun[status] = line.encode() + self._headers
        return begun

    def tick(self) -> None:
        """To be called every second: the date goes on, and connections that wait for nothing end."""
        self._begun.clear()
        self.now = time.monotonic()
        for connection in list(self.connections):
            connection.look(self.now - self._idle, self.now - self._patience)

    async def close(self, patience: float = 10.0) -> None:
        """Let what is under way be answered, then end all connections."""
        self.closing = True
        for _ in range(round(patience / _LOOK)):
            if not any(connection.busy for connection in self.connections):
                break
            await asyncio.sleep(_LOOK)
        for connection in list(self.connections):
            connection.end()


class Connection(asyncio.Protocol):
    """One connection of a client."""

    __slots__ = ("_data", "_head", "_keep", "_reader", "_server", "_since", "_transport", "busy")

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._data = bytearray()
        self._head: Head | None = None
        self._reader: _Reader | None = None
        self._keep = True
        self._since = server.now
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport  # type: ignore[assignment]  # a socket's transport
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """What is still answered goes nowhere."""
        self._transport = None
        self._server.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        """Take what came: mostly a whole request with a head that is known."""
        if not self.busy and not self._data and self._head is None:
            at = data.find(_END) + 4
            head = self._server.known(data[:at])
            if head is not None and len(data) - at == head.length:
                self._take(head, data[at:])
                return
            self._since = self._server.now
        self._data += data
        if not self.busy:
            self._go_on()
        elif len(self._data) > _WAITING and self._transport is not None:
            self._transport.pause_reading()

    def _go_on(self) -> None:
        """Take the next request, if all of it is there."""
        try:
            if self._head is None and not self._begin():
                return
            head, body = self._head, self._body()
        except BadRequest:
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        if head is None:
            return
        if len(self._data if body is None else body) > self._server.application.limit(head):
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif body is not None:
            self._head = self._reader = None
            self._take(head, body)

    def _begin(self) -> bool:
        """Read the head, if all of it is there. Raises `BadRequest`."""
        at = self._data.find(_END) + 4
        if at < 4 or at > MAX_HEAD:  # noqa: PLR2004  # not found
            if len(self._data) > MAX_HEAD:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return False
        head = bytes(self._data[:at])
        del self._data[:at]
        self._head, self._reader = self._server.read(head)
        if self._head.length > self._server.application.limit(self._head):
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return False
        if self._head.get(b"expect") and not self._data and self._transport is not None:
            self._transport.write(_CONTINUE)
        return True

    def _body(self) -> bytes | None:
        """The body, if all of it is there. Raises `BadRequest`."""
        if self._head is None or self._reader is None:
            return None
        if self._head.length == CHUNKED:
            reader, data = self._reader, bytes(self._data)
            self._data.clear()
            reader.feed(data)
            if reader.size > self._server.application.limit(self._head):
                return b"".join(reader.body)
            return b"".join(reader.body) if reader.complete else None
        if len(self._data) < self._head.length:
            return None
        body = bytes(self._data[: self._head.length])
        del self._data[: self._head.length]
        return body

    def _take(self, head: Head, body: bytes) -> None:
        self.busy, self._keep = True, head.keep
        self._server.application.take(self, head, body)

    def _refuse(self, status: HTTPStatus) -> None:
        self.busy, self._keep = True, False
        self._server.application.refuse(self, status, self._head)

    def respond(self, status: int, body: bytes, headers: bytes = b"") -> None:
        """Answer the request. `headers` are whole lines."""
        transport = self._transport
        if transport is None:
            return
        keep = self._keep and not self._server.closing
        if not keep:
            headers += b"connection: close\r\n"
        transport.write(b"%bcontent-length: %d\r\n%b\r\n%b" % (self._server.begin(status), len(body), headers, body))
        if not keep:
            transport.close()
            return
        self.busy, self._since = False, self._server.now
        if self._data:
            transport.resume_reading()
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        if not self.busy and self._transport is not None:
            self._go_on()

    def look(self, idle: float, late: float) -> None:
        """End if nothing came since `idle`, or a request that began has not arrived since `late`."""
        if self.busy:
            return
        if self._data or self._head is not None:
            if self._since < late:
                self._refuse(HTTPStatus.REQUEST_TIMEOUT)
        elif self._since < idle:
            self.end()

    def end(self) -> None:
        """Close without an answer."""
        if self._transport is not None:
            self._transport.close()
