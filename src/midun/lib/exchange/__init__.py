"""What is said over the socket between ingest and the process that appends. Private to one installation and version.

A frame is `length (4) ‖ type (1) ‖ payload`; numbers are big-endian. Requests carry a number that the answer repeats.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

MAX_FRAME = 32 << 20
MAX_ENTRIES = 10_000
COMMITMENT = 64
ENTRY = 112
_LENGTH = struct.Struct(">I")
_REQUEST = struct.Struct(">IQQ32s32sBI")
_PLAIN = 65
_FULL = struct.Struct(">B64sQQH")
_ANSWER = struct.Struct(">IBIQQI")
_PLACE = struct.Struct(">Q")
_PIECE = struct.Struct(">H")
_KNOWN = 1 << 63


class Type(IntEnum):
    """Kinds of frames."""

    DEPOSIT = 1
    ANSWER = 2
    CHECKPOINT = 3
    STATUS = 4
    COSIGN = 5
    TOLD = 6
    SINGLES = 7
    PLACED = 8


class Status(IntEnum):
    """What became of a request."""

    ACCEPTED = 0
    KEY_REUSED = 1
    OVER_DAY = 2
    OVER_MINUTE = 3
    FULL = 4
    STOPPED = 5
    NO_PROJECT = 6
    NO_TENANT = 7


@dataclass(slots=True)
class Item:
    """One commitment to deposit. `project` is a primary key, 0 for none."""

    kind: int
    commitment: bytes
    claimed_at: int = 0
    project: int = 0
    label: str = ""


@dataclass(slots=True)
class Request:
    """What a tenant asks for in one call. `key` and `body` are digests, empty without an idempotency key.

    `units` has plain commitments as they came, kind (1) and commitment (64) each; `items` is then empty.
    """

    tenant: int
    items: Sequence[Item] = ()
    token: int = 0
    key: bytes = b""
    body: bytes = b""
    proofs: bool = True
    number: int = 0
    units: bytes = b""

    def __len__(self) -> int:
        """How many commitments."""
        return len(self.items) or len(self.units) // _PLAIN

    def kinds(self) -> Sequence[int]:
        """Their kinds, in order."""
        return [item.kind for item in self.items] if self.items else self.units[::_PLAIN]

    def commitments(self) -> list[bytes]:
        """The commitments, in order: of thousands no object is made but these."""
        if self.items:
            return [item.commitment for item in self.items]
        units = self.units
        return [units[at : at + COMMITMENT] for at in range(1, len(units), _PLAIN)]


@dataclass(slots=True)
class Placed:
    """Where a commitment is: the deposit's number; `piece` is entry and proof lines for a new one, if asked for."""

    number: int
    duplicate: bool
    piece: bytes = b""


@dataclass(slots=True)
class Answer:
    """What became of a request; `size` is the checkpoint's that covers it, `at` microseconds since 1970.

    `places` has 8 bytes for each commitment, `pieces` nothing or as many; `placed` reads them.
    """

    status: Status
    retry_after: int = 0
    size: int = 0
    at: int = 0
    places: bytes = b""
    pieces: Sequence[bytes] = ()
    number: int = 0

    @property
    def placed(self) -> list[Placed]:
        """Where each commitment is."""
        pieces = self.pieces or (b"",) * (len(self.places) // _PLACE.size)
        return [
            Placed(place & ~_KNOWN, bool(place & _KNOWN), piece)
            for (place,), piece in zip(_PLACE.iter_unpack(self.places), pieces, strict=True)
        ]

    @property
    def numbers(self) -> list[int]:
        """The deposits' numbers."""
        return [place & ~_KNOWN for (place,) in _PLACE.iter_unpack(self.places)]

    @property
    def duplicates(self) -> int:
        """How many of them were deposited before."""
        return sum(byte >> 7 for byte in self.places[:: _PLACE.size])


def places(numbers: Sequence[int]) -> bytes:
    """The places of new deposits."""
    return struct.pack(f">{len(numbers)}Q", *numbers)


def known_places(found: Iterable[tuple[int, bool]]) -> bytes:
    """The places of deposits, some of them known before."""
    return b"".join([_PLACE.pack(number | _KNOWN if known else number) for number, known in found])


def frame(kind: Type, payload: bytes) -> bytes:
    """The bytes of a frame."""
    return _LENGTH.pack(len(payload) + 1) + bytes([kind]) + payload


def encode_request(request: Request) -> bytes:
    """The frame of a request."""
    plain = not any(i.claimed_at or i.project or i.label for i in request.items)
    parts = [
        _REQUEST.pack(
            request.number,
            request.tenant,
            request.token,
            request.key,
            request.body,
            plain | request.proofs << 1 | bool(request.key) << 2,
            len(request),
        )
    ]
    if plain:
        parts += [request.units, *(bytes([item.kind]) + item.commitment for item in request.items)]
    else:
        for item in request.items:
            label = item.label.encode()
            parts += (
                _FULL.pack(item.kind, item.commitment, item.claimed_at, item.project, len(label)),
                label,
            )
    return frame(Type.DEPOSIT, b"".join(parts))


def decode_request(payload: bytes) -> Request:
    """Read the payload of a DEPOSIT frame. Raises ValueError, struct.error."""
    number, tenant, token, key, body, flags, count = _REQUEST.unpack_from(payload)
    at, items, units = _REQUEST.size, [], b""
    if flags & 1:
        units = payload[at:]
        if len(units) != count * _PLAIN:
            raise ValueError("length of a request")
    else:
        for _ in range(count):
            kind, commitment, claimed_at, project, length = _FULL.unpack_from(payload, at)
            at += _FULL.size
            items.append(Item(kind, commitment, claimed_at, project, payload[at : at + length].decode()))
            at += length
    keyed = bool(flags & 4)
    key, body = (key, body) if keyed else (b"", b"")
    return Request(tenant, items, token, key, body, bool(flags & 2), number, units)


def encode_answer(answer: Answer) -> bytes:
    """The frame of an answer."""
    count = len(answer.places) // _PLACE.size
    head = _ANSWER.pack(answer.number, answer.status, answer.retry_after, answer.size, answer.at, count)
    pieces = [part for piece in answer.pieces for part in (_PIECE.pack(len(piece)), piece)]
    return frame(Type.ANSWER, b"".join([head, answer.places, *pieces]))


def decode_answer(payload: bytes) -> Answer:
    """Read the payload of an ANSWER frame."""
    number, status, retry_after, size, when, count = _ANSWER.unpack_from(payload)
    at = _ANSWER.size + count * _PLACE.size
    places_, pieces = payload[_ANSWER.size : at], []
    while at < len(payload):
        (length,) = _PIECE.unpack_from(payload, at)
        at += _PIECE.size + length
        pieces.append(payload[at - length : at])
    return Answer(Status(status), retry_after, size, when, places_, pieces, number)


def encode_checkpoint(size: int, note: bytes) -> bytes:
    """The frame that tells a connection the checkpoint of a size, before answers that refer to it."""
    return frame(Type.CHECKPOINT, _PLACE.pack(size) + note)


def decode_checkpoint(payload: bytes) -> tuple[int, bytes]:
    """Read the payload of a CHECKPOINT frame."""
    return _PLACE.unpack_from(payload)[0], payload[8:]


class Splitter:
    """Cuts a stream into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take bytes; give the whole frames as (type, payload). Raises ValueError for a frame beyond `MAX_FRAME`."""
        self._rest += data
        found, at, rest = [], 0, self._rest
        while len(rest) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(rest, at)
            if not 0 < length <= MAX_FRAME:
                raise ValueError("length of a frame")
            end = at + 4 + length
            if end > len(rest):
                break
            found.append((rest[at + 4], bytes(rest[at + 5 : end])))
            at = end
        if at:
            del rest[:at]
        return found
