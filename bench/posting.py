"""A client that posts: many connections on one thread with epoll, nothing but the standard library.

It counts only whole answers with an expected status, and takes little enough of the machine to load a server.
"""

import re
import resource
import select
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import quantiles

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_PATIENCE = 30.0
_MOMENT = 0.05


class BadAnswer(Exception):
    """An answer with another status than those expected; `str()` shows its beginning."""


@dataclass(frozen=True)
class Posted:
    """Answers that came within the measured time, how long each took, and the share that asked to come again."""

    took: Sequence[float]
    seconds: float
    pushed_back: int

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.took) / self.seconds

    def percentile(self, which: int) -> float:
        """Milliseconds within which `which` per cent of the answers came."""
        return 1000 * quantiles(self.took, n=100, method="inclusive")[which - 1]


class _Connection:
    """One connection: the request under way and what came back of its answer."""

    __slots__ = ("begun", "got", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = b""
        self.begun = 0.0

    def send(self, request: bytes) -> None:
        self.begun = time.perf_counter()
        self.got = b""
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The first line of an answer that is whole now; None if more is to come."""
        self.got += self.socket.recv(1 << 20)
        head, found, body = self.got.partition(b"\r\n\r\n")
        if not found:
            return None
        length = _LENGTH.search(head)
        return head[:15] if length and len(body) >= int(length[1]) else None


def post(port: int, connections: int, requests: Iterator[bytes], *, seconds: float, warm_up: float = 1.0) -> Posted:
    """Keep `connections` requests under way for so long. Raises `BadAnswer`."""
    _allow(connections + 100)
    poll, open_ones = select.epoll(), {}
    for _ in range(connections):
        one = _Connection(port)
        open_ones[one.socket.fileno()] = one
        poll.register(one.socket, select.EPOLLIN)
    try:
        return _run(poll.poll, open_ones, requests, seconds, warm_up)
    finally:
        for one in open_ones.values():
            one.socket.close()
        poll.close()


def _run(
    poll: Callable[[float], list[tuple[int, int]]],
    open_ones: dict[int, _Connection],
    requests: Iterator[bytes],
    seconds: float,
    warm_up: float,
) -> Posted:
    for one in open_ones.values():
        one.send(next(requests))
    begin = time.perf_counter() + warm_up
    end, took, pushed = begin + seconds, [], 0
    while (now := time.perf_counter()) < end:
        events = poll(1.0)
        if not events and now > begin + _PATIENCE:
            raise BadAnswer("no answer for a long time")
        for number, _ in events:
            one = open_ones[number]
            first = one.receive()
            if first is None:
                continue
            now = time.perf_counter()
            if b" 201" in first or b" 200" in first:
                if begin <= now < end:
                    took.append(now - one.begun)
            elif b" 429" in first or b" 503" in first:
                pushed += 1
                time.sleep(_MOMENT)  # a client that is told to come again waits
            else:
                raise BadAnswer(one.got[:300].decode(errors="replace"))
            one.send(next(requests))
    return Posted(took, seconds, pushed)


def _allow(files: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(files, hard), hard))
