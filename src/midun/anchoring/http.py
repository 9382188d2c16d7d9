"""HTTP to parties nobody controls: a time limit for the whole exchange, a limit to the answer's size, kept connections.

Proxies of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) are used. Redirects are not followed: an address that
moved is a configuration to change, not an answer to believe.
"""

import base64
import http.client
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

PATIENCE = 8.0
"""Seconds for a whole exchange, connecting included."""
MAX_ANSWER = 1 << 17
_CUT_AGAIN = 0.05


class Answer(NamedTuple):
    """Status, Content-Type without parameters, body."""

    status: int
    content_type: str
    body: bytes


class NoAnswer(OSError):
    """No whole answer came: refused, cut off, too slow, too large. `str()` says which."""


@dataclass(frozen=True)
class Credentials:
    """How we show who we are: an Authorization header, a client certificate. Never printed."""

    authorization: str = field(default="", repr=False)
    certificate: str = ""
    key: str = ""

    @classmethod
    def basic(cls, user: str, password: str) -> "Credentials":
        """HTTP Basic (RFC 7617)."""
        return cls("Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())

    @classmethod
    def bearer(cls, token: str) -> "Credentials":
        """HTTP Bearer (RFC 6750)."""
        return cls("Bearer " + token)


class Connection:
    """A kept connection to one host. For one thread at a time; made anew whenever the other side closed it."""

    def __init__(self, credentials: Credentials | None = None, *, patience: float = PATIENCE, ca: str = "") -> None:
        """`ca` is a PEM file to trust for TLS instead of the system's."""
        self._credentials = credentials or Credentials()
        self._patience = patience
        self._ca = ca
        self._open: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None  # the connection forgets it as soon as an answer ends with it
        self._place: tuple[str, str] = ("", "")

    def close(self) -> None:
        """Let go of the connection."""
        if self._open is not None:
            self._open.close()
        self._open = self._socket = None

    def post(self, url: str, body: bytes, content_type: str = "application/octet-stream") -> Answer:
        """POST; gives the whole answer whatever its status. Raises `NoAnswer`."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NoAnswer(f"not an http address: {url[:100]}")
        fresh = self._open is None or self._place != (parts.scheme, parts.netloc)
        try:
            return self._exchange(parts, body, content_type)
        except (ConnectionError, http.client.BadStatusLine) as error:
            if fresh or isinstance(error, ConnectionRefusedError):
                raise NoAnswer(repr(error)) from error
        try:  # the kept connection had been closed by the other side: once more on a new one
            return self._exchange(parts, body, content_type)
        except (ConnectionError, http.client.BadStatusLine) as error:
            raise NoAnswer(repr(error)) from error

    def _exchange(self, parts: SplitResult, body: bytes, content_type: str) -> Answer:
        overdue, finished = threading.Event(), threading.Event()
        headers = {"Content-Type": content_type, "Accept": "*/*", "User-Agent": "midun"}
        if self._credentials.authorization:
            headers["Authorization"] = self._credentials.authorization
        timer = threading.Timer(self._patience, self._cut, [overdue, finished])
        timer.daemon = True
        timer.start()
        try:
            connection, target = self._connected(parts)
            if connection.sock is None:
                connection.connect()
            self._socket = connection.sock
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()
            data = answer.read(MAX_ANSWER + 1)
            if len(data) > MAX_ANSWER:
                raise NoAnswer(f"answer of more than {MAX_ANSWER} bytes")
            if overdue.is_set() or answer.length:  # a body cut off raises nothing when an amount was asked for
                raise NoAnswer(f"no whole answer within {self._patience} s")
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            if overdue.is_set():
                raise NoAnswer(f"no answer within {self._patience} s") from error
            if isinstance(error, ConnectionError | NoAnswer | http.client.BadStatusLine):
                raise
            raise NoAnswer(repr(error)) from error
        finally:
            finished.set()
            timer.cancel()
        if answer.will_close:
            self.close()
        return Answer(answer.status, answer.headers.get_content_type(), data)

    def _cut(self, overdue: threading.Event, finished: threading.Event) -> None:
        """End the exchange from outside: who sends a byte now and then keeps every other time limit waiting."""
        overdue.set()
        while not finished.wait(_CUT_AGAIN):
            if self._socket is not None:
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _connected(self, parts: SplitResult) -> tuple[http.client.HTTPConnection, str]:
        """The kept connection or a new one, and what stands in its request line."""
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        proxy = _proxy_for(parts)
        if proxy is not None and parts.scheme == "http":
            target = parts.geturl()
        if self._open is None or self._place != (parts.scheme, parts.netloc):
            self.close()
            self._open = self._made(parts, proxy)
            self._place = (parts.scheme, parts.netloc)
        return self._open, target

    def _made(self, parts: SplitResult, proxy: SplitResult | None) -> http.client.HTTPConnection:
        where = proxy or parts
        host = where.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, where.port or 80, timeout=self._patience)
        context = ssl.create_default_context(cafile=self._ca or None)
        if self._credentials.certificate:
            context.load_cert_chain(self._credentials.certificate, self._credentials.key or None)
        port = where.port or (443 if proxy is None else 80)
        made = http.client.HTTPSConnection(host, port, timeout=self._patience, context=context)
        if proxy is not None:
            headers = {}
            if proxy.username:
                pair = f"{proxy.username}:{proxy.password or ''}"
                headers["Proxy-Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
            made.set_tunnel(parts.hostname or "", parts.port or 443, headers)
        return made


def _proxy_for(parts: SplitResult) -> SplitResult | None:
    found = getproxies().get(parts.scheme)
    if not found or proxy_bypass(parts.netloc):
        return None
    return urlsplit(found if "//" in found else f"//{found}")
