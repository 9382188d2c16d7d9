"""Plain deposits of one commitment each: what is said over the socket about thousands of them a second.

A plain deposit has no idempotency key, project or label; whatever has one travels as a `Request` (`lib.exchange`). Many
go into one frame and so do their answers: no object is made for one.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence

from midun.lib.exchange import ENTRY, Type, frame

Single = tuple[int, int, int, int, bytes]
"""Number of the call on its connection, tenant, kind, claimed_at, commitment (64 bytes)."""

_SINGLE = struct.Struct(">IQBQ64s")
_HEAD = struct.Struct(">QQ")
_PLACED = struct.Struct(">IQ8sH")
KNOWN = 1 << 63
"""Marks the number of a deposit that is not new; without it, it is new."""
LEAF = 8
"""So many bytes of the leaf's hash go back: the deposit's id is made of them."""
ENDING = b"\\n"
"""How a proof's lines end here: as they stand in a receipt's JSON."""
_TOGETHER = 256

pack_single = _SINGLE.pack
"""The bytes of a `Single`."""


def encode_singles(packed: Sequence[bytes]) -> bytes:
    """The frame of deposits that `pack_single` packed."""
    return frame(Type.SINGLES, b"".join(packed))


def decode_singles(payload: bytes) -> list[Single]:
    """Read the payload of a SINGLES frame. Raises ValueError."""
    if len(payload) % _SINGLE.size:
        raise ValueError("length of singles")
    return list(_SINGLE.iter_unpack(payload))


def place_new(call: int, number: int, leaf: bytes, entry: bytes, lines: bytes) -> bytes:
    """The answer to one deposit that is in the batch: entry and proof lines go with it."""
    return _PLACED.pack(call, number, leaf[:LEAF], len(lines) + ENTRY) + entry + lines


def place_known(call: int, number: int) -> bytes:
    """The answer to one that was deposited before: its receipt must be read from the log."""
    return _PLACED.pack(call, number | KNOWN, b"", 0)


def encode_placed(size: int, at: int, placed: Sequence[bytes]) -> Iterator[bytes]:
    """Frames of answers under the checkpoint of `size`, accepted at `at` (microseconds): the first are read soon."""
    head = _HEAD.pack(size, at)
    for begin in range(0, len(placed), _TOGETHER):
        yield frame(Type.PLACED, b"".join((head, *placed[begin : begin + _TOGETHER])))


def decode_placed(payload: bytes) -> tuple[int, Iterable[tuple[int, int, bytes, bytes]]]:
    """Read the payload of a PLACED frame: when, and (call, number with mark, leaf's beginning, entry and lines)."""
    return _HEAD.unpack_from(payload)[1], _each(payload)


def _each(payload: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    at, unpack, size = _HEAD.size, _PLACED.unpack_from, _PLACED.size
    while at < len(payload):
        call, number, leaf, length = unpack(payload, at)
        at += size + length
        yield call, number, leaf, payload[at - length : at]
