"""Write-ahead frames: one batch with the roots before and after it (docs/formats/tlog-operation.md)."""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from midun.lib.tlog.errors import Refused
from midun.lib.tlog.merkle import HASH_BYTES
from midun.lib.tlog.tiles import decode_entries, encode_entries

MAGIC = b"MDW1"
_FIELDS = struct.Struct(f">4sQQIQ{HASH_BYTES}s{HASH_BYTES}s{HASH_BYTES}s")
HEADER_BYTES = _FIELDS.size + HASH_BYTES


@dataclass(frozen=True)
class Frame:
    """Entries [first, first + len(entries)), by the writer of `epoch`, from the tree `before` to the tree `after`."""

    epoch: int
    first: int
    before: bytes
    after: bytes
    entries: Sequence[bytes]

    @property
    def end(self) -> int:
        """Size of the tree after it."""
        return self.first + len(self.entries)

    def encode(self) -> bytes:
        """The bytes of the frame. Raises `Refused(ENTRY_TOO_LARGE)`."""
        body = encode_entries(self.entries)
        digest = hashlib.sha256(body).digest()
        count = len(self.entries)
        head = _FIELDS.pack(MAGIC, self.epoch, self.first, count, len(body), self.before, self.after, digest)
        return head + hashlib.sha256(head).digest() + body


def decode_frame(data: bytes, at: int = 0) -> tuple[Frame, int] | None:
    """The frame at an offset and the offset behind it; None if it is incomplete or does not match its digests."""
    head = data[at : at + _FIELDS.size]
    body_at = at + HEADER_BYTES
    if len(data) < body_at or hashlib.sha256(head).digest() != data[at + _FIELDS.size : body_at]:
        return None
    magic, epoch, first, count, length, before, after, digest = _FIELDS.unpack(head)
    body = data[body_at : body_at + length]
    if magic != MAGIC or not count or len(body) != length or hashlib.sha256(body).digest() != digest:
        return None
    try:
        entries = decode_entries(body, count)
    except Refused:
        return None
    return Frame(epoch, first, before, after, entries), body_at + length


def read_frames(data: bytes) -> Iterator[tuple[Frame, int]]:
    """The frames of a segment with the offsets behind them, until the first that is incomplete or damaged."""
    found = decode_frame(data)
    while found:
        yield found
        found = decode_frame(data, found[1])


def frames_between(frames: Iterable[Frame], start: tuple[int, bytes], end: tuple[int, bytes]) -> list[Frame] | None:
    """The frames that lead from one (size, root) to another, in order; None if there are none that do.

    Several attempts at one size may lie there; only the right one leads on. The roots are those the frames name:
    whoever relies on them hashes again.
    """
    by_start: dict[tuple[int, bytes], list[Frame]] = {}
    for frame in frames:
        if start[0] <= frame.first and frame.end <= end[0]:
            by_start.setdefault((frame.first, frame.before), []).append(frame)
    paths: list[list[Frame]] = [[]]
    seen = set()
    while paths:
        path = paths.pop()
        at = (path[-1].end, path[-1].after) if path else start
        if at == end:
            return path
        if at not in seen:
            seen.add(at)
            paths += [[*path, frame] for frame in by_start.get(at, ())]
    return None
