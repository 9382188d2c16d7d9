"""DER (ITU-T X.690): a strict reader and a writer of just what time-stamps and certificates need.

The reader takes one encoding of each value and refuses all others: definite and shortest lengths, shortest integers,
booleans 00 or FF, no bytes left over. It never recurses by itself, so nested input costs nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from re import compile as pattern

from midun.lib.timestamp.errors import Reason, Refused

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8, PRINTABLE, IA5, UTC_TIME, GENERAL_TIME, SEQUENCE, SET = 0x0C, 0x13, 0x16, 0x17, 0x18, 0x30, 0x31
_HIGH_TAG, _LONG, _CONTINUES = 0x1F, 0x80, 0x80
_MAX_LENGTH_BYTES = 4
_MAX_OID = 64
_UTC_PIVOT = 50
_GENERAL = pattern(rb"(\d{14})(?:\.(\d{0,18}[1-9]))?Z")
_UTC = pattern(rb"\d{12}Z")


def context(number: int, *, constructed: bool = True) -> int:
    """The identifier of the context-specific tag [number]."""
    return (0xA0 if constructed else 0x80) | number


def malformed(detail: str) -> Refused:
    """The error of this module."""
    return Refused(Reason.DER_MALFORMED, detail)


@dataclass(frozen=True)
class Value:
    """One value: identifier byte, contents, and the whole encoding."""

    tag: int
    body: bytes
    raw: bytes

    def of(self, tag: int) -> "Value":
        """The value itself, if it has this tag."""
        if self.tag != tag:
            raise malformed(f"tag {self.tag:02x}, expected {tag:02x}")
        return self

    def children(self) -> list["Value"]:
        """The values a constructed value consists of."""
        if not self.tag & 0x20:
            raise malformed(f"tag {self.tag:02x} is not constructed")
        found, at = [], 0
        while at < len(self.body):
            item, at = _read(self.body, at)
            found.append(item)
        return found

    def fields(self, tag: int = SEQUENCE) -> "Fields":
        """A cursor over the values of a SEQUENCE (or another constructed type)."""
        return Fields(self.of(tag).children())

    def integer(self) -> int:
        """An INTEGER."""
        body = self.of(INTEGER).body
        if not body or (len(body) > 1 and (body[0], body[1] & 0x80) in ((0, 0), (0xFF, 0x80))):
            raise malformed("integer not in shortest form")
        return int.from_bytes(body, "big", signed=True)

    def boolean(self) -> bool:
        """A BOOLEAN."""
        if self.of(BOOLEAN).body not in (b"\0", b"\xff"):
            raise malformed("boolean")
        return self.body == b"\xff"

    def oid(self) -> str:
        """An OBJECT IDENTIFIER, dotted."""
        body = self.of(OID).body
        if not 0 < len(body) <= _MAX_OID or body[-1] & _CONTINUES:
            raise malformed("object identifier")
        arcs, number, fresh = [], 0, True
        for byte in body:
            if fresh and byte == _CONTINUES:
                raise malformed("object identifier not in shortest form")
            number, fresh = number << 7 | byte & 0x7F, not byte & _CONTINUES
            if fresh:
                arcs.append(number)
                number = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))

    def octets(self) -> bytes:
        """The bytes of an OCTET STRING."""
        return self.of(OCTET_STRING).body

    def bits(self) -> tuple[bytes, int]:
        """The bytes of a BIT STRING and the number of unused bits, which are zero."""
        body = self.of(BIT_STRING).body
        unused = body[0] if body else 8
        if unused > 7 or (unused and (len(body) == 1 or body[-1] & ((1 << unused) - 1))):  # noqa: PLR2004  # bits of a byte
            raise malformed("bit string")
        return body[1:], unused

    def time(self) -> datetime:
        """A GeneralizedTime or UTCTime, in UTC; what lies below microseconds is dropped."""
        if self.tag == UTC_TIME:
            if not _UTC.fullmatch(self.body):
                raise malformed("UTCTime")
            century = b"19" if int(self.body[:2]) >= _UTC_PIVOT else b"20"
            return _datetime(century + self.body[:12])
        found = _GENERAL.fullmatch(self.of(GENERAL_TIME).body)
        if not found:
            raise malformed("GeneralizedTime")
        return _datetime(found[1]) + timedelta(microseconds=int((found[2] or b"").ljust(6, b"0")[:6]))


def _datetime(digits: bytes) -> datetime:
    try:
        return datetime.strptime(digits.decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise malformed(f"time {digits!r}") from error


class Fields:
    """The values of a SEQUENCE, taken one after another; `end` when all must have been taken."""

    def __init__(self, values: list[Value]) -> None:
        self._values = values[::-1]

    def any(self) -> Value:
        """The next value, of whatever type."""
        if not self._values:
            raise malformed("a field is missing")
        return self._values.pop()

    def take(self, tag: int) -> Value:
        """The next value, which must have this tag."""
        return self.any().of(tag)

    def optional(self, tag: int) -> Value | None:
        """The next value if it has this tag."""
        return self._values.pop() if self._values and self._values[-1].tag == tag else None

    def end(self) -> None:
        """Nothing is left."""
        if self._values:
            raise malformed(f"{len(self._values)} fields too many")


def _read(data: bytes, start: int) -> tuple[Value, int]:
    try:
        tag, length, at = data[start], data[start + 1], start + 2
    except IndexError as error:
        raise malformed("cut off") from error
    if tag & _HIGH_TAG == _HIGH_TAG:
        raise malformed("high tag number")
    if length & _LONG:
        count = length & 0x7F
        length = int.from_bytes(data[at : at + count], "big")
        if not 0 < count <= _MAX_LENGTH_BYTES or length < _LONG or data[at] == 0:
            raise malformed("length not in shortest form")
        at += count
    if at + length > len(data):
        raise malformed("cut off")
    return Value(tag, data[at : at + length], data[start : at + length]), at + length


def parse(data: bytes, limit: int) -> Value:
    """Read one value that fills `data`. Raises `Refused`: TOO_LARGE (more than `limit` bytes), DER_MALFORMED."""
    if len(data) > limit:
        raise Refused(Reason.TOO_LARGE, f"{len(data)} bytes")
    value, end = _read(data, 0)
    if end != len(data):
        raise malformed("bytes after the end")
    return value


# ---- writing


def encode(tag: int, *parts: bytes) -> bytes:
    """A value from its identifier and contents."""
    body = b"".join(parts)
    length = len(body)
    if length < _LONG:
        return bytes([tag, length]) + body
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, _LONG | len(size)]) + size + body


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE."""
    return encode(SEQUENCE, *parts)


def set_of(parts: Iterable[bytes]) -> bytes:
    """A SET OF, in the order DER wants."""
    return encode(SET, *sorted(parts))


def integer(number: int) -> bytes:
    """An INTEGER."""
    size = (number if number >= 0 else ~number).bit_length() // 8 + 1  # -128 takes one byte, as 127 does
    return encode(INTEGER, number.to_bytes(size, "big", signed=True))


def boolean(value: bool) -> bytes:
    """A BOOLEAN."""
    return encode(BOOLEAN, b"\xff" if value else b"\0")


def octets(data: bytes) -> bytes:
    """An OCTET STRING."""
    return encode(OCTET_STRING, data)


def bits(data: bytes, unused: int = 0) -> bytes:
    """A BIT STRING."""
    return encode(BIT_STRING, bytes([unused]), data)


def null() -> bytes:
    """NULL."""
    return encode(NULL)


def utf8(text: str) -> bytes:
    """A UTF8String."""
    return encode(UTF8, text.encode())


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    body = b""
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | _CONTINUES)
        body += bytes(reversed(groups))
    return encode(OID, body)


def general_time(at: datetime) -> bytes:
    """A GeneralizedTime with up to six digits of a second, as RFC 3161 §2.4.2 wants it."""
    at = at.astimezone(UTC)
    fraction = f".{at.microsecond:06d}".rstrip("0").rstrip(".")
    return encode(GENERAL_TIME, at.strftime("%Y%m%d%H%M%S").encode(), fraction.encode(), b"Z")


def validity_time(at: datetime) -> bytes:
    """A time of a certificate's validity (RFC 5280 §4.1.2.5): UTCTime up to 2049, whole seconds."""
    at = at.astimezone(UTC).replace(microsecond=0)
    if at.year >= 2000 + _UTC_PIVOT:
        return general_time(at)
    return encode(UTC_TIME, at.strftime("%y%m%d%H%M%SZ").encode())
