"""What waits for the process that appends, and the connections it came over."""

import asyncio
import logging
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from midun.evidence.engine.committer import Appended
from midun.lib import exchange as frames
from midun.lib.exchange import Answer, Request, Splitter, Status
from midun.lib.exchange.singles import Single, encode_placed

_log = logging.getLogger(__name__)


class Taker(Protocol):
    """Who takes what comes over connections."""

    channels: set["Channel"]

    def take(self, channel: "Channel", kind: int, payload: bytes) -> None:
        """Take one frame. Raises ValueError, struct.error for one that cannot be read."""


class Channel(asyncio.Protocol):
    """One connection."""

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._splitter = Splitter()
        self._transport: asyncio.Transport | None = None
        self.told_size = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]  # a socket's transport writes as well
        self._taker.channels.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whatever is still answered to it goes nowhere."""
        self._transport = None
        self._taker.channels.discard(self)

    def data_received(self, data: bytes) -> None:
        """Take frames; one that cannot be read ends the connection."""
        try:
            for kind, payload in self._splitter.feed(data):
                self._taker.take(self, kind, payload)
        except (ValueError, struct.error):
            _log.warning("a connection sent what is no frame; closed")
            if self._transport:
                self._transport.abort()

    def write(self, data: bytes) -> None:
        """Send bytes, if anybody is there."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """End, when everything is sent."""
        if self._transport is not None:
            self._transport.close()

    def refuse(self, numbers: Sequence[int], answer: Answer) -> None:
        """Tell that these calls are refused."""
        self.write(b"".join(_refusals((number, answer) for number in numbers)))


def _refusals(refused: Iterator[tuple[int, Answer]]) -> Iterator[bytes]:
    for number, answer in refused:
        answer.number = number
        yield frames.encode_answer(answer)


@dataclass
class Waiting:
    """A request and the connection it came from."""

    request: Request
    channel: Channel


@dataclass
class Taken:
    """What goes into one batch: requests, and plain deposits as they came over each connection."""

    requests: list[Waiting] = field(default_factory=list)
    singles: list[tuple[Channel, list[Single]]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.requests or self.singles)

    def flat(self) -> list[Single]:
        """All plain deposits, in order."""
        return self.singles[0][1] if len(self.singles) == 1 else [one for _, some in self.singles for one in some]

    def refuse(self, status: Status, retry_after: int) -> None:
        """Refuse everything."""
        for one in self.requests:
            one.channel.refuse([one.request.number], Answer(status, retry_after))
        for channel, some in self.singles:
            channel.refuse([one[0] for one in some], Answer(status, retry_after))

    def deliver(self, appended: Appended) -> None:
        """One write per connection: the checkpoint first, where it is a new one for it, then its answers."""
        size, out = appended.size, dict[Channel, list[bytes]]()
        for one, answer in zip(self.requests, appended.answers, strict=True):
            parts = out.setdefault(one.channel, [])
            if answer.status is Status.ACCEPTED:
                parts += _checkpoint(one.channel, appended)
            parts.append(frames.encode_answer(answer))
        begin = 0
        for channel, some in self.singles:
            parts, end = out.setdefault(channel, []), begin + len(some)
            placed, refused = appended.placed[begin:end], list[int]()
            if appended.refused:
                placed = [each for each in placed if each]
                refused = [at for at in range(begin, end) if at in appended.refused]
            if placed:
                parts += _checkpoint(channel, appended)
            parts += encode_placed(size, appended.at, placed)
            parts += _refusals((some[at - begin][0], appended.refused[at]) for at in refused)
            begin = end
        for channel, parts in out.items():
            channel.write(b"".join(parts))


def _checkpoint(channel: Channel, appended: Appended) -> list[bytes]:
    if channel.told_size == appended.size:
        return []
    channel.told_size = appended.size
    return [frames.encode_checkpoint(appended.size, appended.checkpoint)]


@dataclass
class Queue:
    """What waits, in order; of `entries` together."""

    requests: list[Waiting] = field(default_factory=list)
    singles: list[tuple[Channel, list[Single]]] = field(default_factory=list)
    entries: int = 0

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self.requests or self.singles)

    def cut(self, limit: int) -> Taken:
        """Take the next plain deposits and requests with together at most `limit` entries, at least one of a kind."""
        taken, total = Taken(), 0
        while self.singles and (total + len(self.singles[0][1]) <= limit or not total):
            taken.singles.append(self.singles.pop(0))
            total += len(taken.singles[-1][1])
        while self.requests and (total + len(self.requests[0].request) <= limit or not taken.requests):
            taken.requests.append(self.requests.pop(0))
            total += len(taken.requests[-1].request)
        self.entries -= total
        return taken
