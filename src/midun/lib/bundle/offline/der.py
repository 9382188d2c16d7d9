"""DER (ITU-T X.690), read strictly and only as far as time-stamps and certificates need it."""

from __future__ import annotations

from typing import NamedTuple

from midun.lib.bundle.container import Unsound

MAX_DER_DEPTH_BYTES = 1 << 20
INTEGER, BITS, OCTETS, NULL, OID, UTC_TIME, GENERALIZED_TIME = 0x02, 0x03, 0x04, 0x05, 0x06, 0x17, 0x18
SEQUENCE, SET, BOOLEAN = 0x30, 0x31, 0x01


class Der(NamedTuple):
    """One element: its tag byte, its content, its whole encoding."""

    tag: int
    body: bytes
    raw: bytes

    def expect(self, tag: int) -> Der:
        """Itself, if it has this tag. Raises `Unsound(token-malformed)`."""
        if self.tag != tag:
            raise Unsound("token-malformed", "", f"tag {self.tag:#x} instead of {tag:#x}")
        return self

    def parts(self) -> list[Der]:
        """The elements inside a constructed one."""
        if not self.tag & 0x20:
            raise Unsound("token-malformed", "", f"tag {self.tag:#x} is primitive")
        return read_all(self.body)

    def number(self) -> int:
        """An INTEGER in its shortest form."""
        body = self.expect(INTEGER).body
        shortest = body and (len(body) == 1 or body[0] not in (0, 0xFF) or (body[0] ^ body[1]) & 0x80)
        if not shortest:
            raise Unsound("token-malformed", "", "INTEGER")
        return int.from_bytes(body, "big", signed=True)

    def oid(self) -> str:
        """An OBJECT IDENTIFIER in dotted form."""
        body = self.expect(OID).body
        if not body or body[-1] & 0x80:
            raise Unsound("token-malformed", "", "OBJECT IDENTIFIER")
        arcs, value, fresh = [], 0, True
        for byte in body:
            if fresh and byte == 0x80:
                raise Unsound("token-malformed", "", "OBJECT IDENTIFIER")
            value, fresh = value << 7 | byte & 0x7F, not byte & 0x80
            if fresh:
                arcs.append(value)
                value = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(str(arc) for arc in [first, arcs[0] - 40 * first, *arcs[1:]])

    def bits(self) -> bytes:
        """A BIT STRING of whole bytes."""
        body = self.expect(BITS).body
        if not body or body[0]:
            raise Unsound("token-malformed", "", "BIT STRING")
        return body[1:]

    def seconds(self) -> int:
        """A time as seconds since 1970; fractions are dropped."""
        text = self.body.decode("ascii", "replace")
        if self.tag == UTC_TIME:
            text = ("19" if text[:2] >= "50" else "20") + text
        elif self.tag != GENERALIZED_TIME:
            raise Unsound("token-malformed", "", "time")
        whole, dot, fraction = text[:-1].partition(".")
        good = text.endswith("Z") and len(whole) == 14 and whole.isascii() and whole.isdigit()
        if not good or (dot and not (fraction.isascii() and fraction.isdigit() and self.tag == GENERALIZED_TIME)):
            raise Unsound("token-malformed", "", "time")
        return epoch(*(int(whole[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12), (12, 14))))


def epoch(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Seconds since 1970 of a UTC time in the Gregorian calendar."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if (
        not (year >= 1970 and 1 <= month <= 12 and 1 <= day <= days[month - 1])
        or hour > 23
        or minute > 59
        or second > 59
    ):
        raise Unsound("token-malformed", "", "time")
    before = year - 1
    since = before * 365 + before // 4 - before // 100 + before // 400 - 719162
    return (((since + sum(days[: month - 1]) + day - 1) * 24 + hour) * 60 + minute) * 60 + second


def read_one(data: bytes, at: int = 0) -> tuple[Der, int]:
    """The element at a place, and where it ends."""
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        raise Unsound("token-malformed", "", f"at byte {at}")
    length, begin = data[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, begin = int.from_bytes(data[begin : begin + count], "big"), begin + count
        if not 1 <= count <= 4 or length < 0x80 or length >> (8 * (count - 1)) == 0:
            raise Unsound("token-malformed", "", f"length at byte {at}")
    if begin + length > len(data):
        raise Unsound("token-malformed", "", f"ends early at byte {at}")
    return Der(data[at], data[begin : begin + length], data[at : begin + length]), begin + length


def read_all(data: bytes) -> list[Der]:
    """The elements one after the other, with nothing behind them."""
    found, at = [], 0
    while at < len(data):
        element, at = read_one(data, at)
        found.append(element)
    return found


def read_whole(data: bytes) -> Der:
    """The one element that fills the data."""
    element, end = read_one(data)
    if end != len(data) or len(data) > MAX_DER_DEPTH_BYTES:
        raise Unsound("token-malformed", "", "bytes behind the element")
    return element


def take_tag(parts: list[Der], tag: int) -> Der | None:
    """Remove and give the first of the parts if it has this tag."""
    return parts.pop(0) if parts and parts[0].tag == tag else None


def take_next(parts: list[Der], tag: int) -> Der:
    """Remove and give the first of the parts, which must have this tag."""
    if not parts:
        raise Unsound("token-malformed", "", "ends early")
    return parts.pop(0).expect(tag)


def nothing_left(parts: list[Der]) -> None:
    """Refuse what stands behind the last expected part."""
    if parts:
        raise Unsound("token-malformed", "", f"{len(parts)} parts too many")


def algorithm_of(element: Der) -> str:
    """The OID of an AlgorithmIdentifier whose parameters are absent or NULL."""
    parts = element.expect(SEQUENCE).parts()
    oid, empty = take_next(parts, OID).oid(), take_tag(parts, NULL)
    if parts or (empty is not None and empty.body):
        raise Unsound("token-malformed", "", "parameters of an algorithm")
    return oid
