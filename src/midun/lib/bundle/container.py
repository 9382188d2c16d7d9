"""The outer shape of a bundle: a ZIP file of stored members, closed by a seal (docs/formats/bundle.md).

Written and read by hand rather than by `zipfile`, because one set of members has exactly one set of bytes here: nothing
between the parts, nothing before or behind, nothing compressed, no second reading of the same bytes by another tool.

Plain Python 3.8 and its standard library: this module is a part of `verify.py`.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib

MAX_BYTES = 16 << 20
MAX_MEMBERS = 64
SEAL = b"midun-bundle/1 "
NAMES = (
    "bundle.json",
    "proof.tlog-proof",
    "checkpoint.txt",
    "policy.txt",
    "statement.json",
    "certificate.pdf",
    "verify.py",
    "verify.html",
    "README.txt",
)
TOKEN_NAME = re.compile(r"timestamps/(?:0[1-9]|1[0-6])\.(?:tsr|pem)")

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_SEAL_BYTES = len(SEAL) + 64
_VERSION, _TIME, _DAY = 20, 0, 0x21  # 1980-01-01: the members' times say nothing
_MADE_BY, _MODE = 0x0314, 0o100644 << 16  # a plain file on Unix, so that it can be read after unpacking


class Unsound(ValueError):
    """A bundle, or a part of it, does not hold. `reason` is a code, `where` a member's name or "", `detail` English."""

    def __init__(self, reason: str, where: str = "", detail: str = "") -> None:
        """Keep the three."""
        super().__init__(": ".join(part for part in (reason, where, detail) if part))
        self.reason, self.where, self.detail = reason, where, detail


def is_name(name: str) -> bool:
    """Whether a bundle may hold a member of this name."""
    return name in NAMES or TOKEN_NAME.fullmatch(name) is not None


def pack(members: dict[str, bytes]) -> bytes:
    """The bytes of the bundle; members in the order given. Raises `Unsound`: container-member, container-too-large."""
    if len(members) > MAX_MEMBERS:
        raise Unsound("container-too-large", "", f"{len(members)} members")
    body, central = bytearray(), bytearray()
    for name, data in members.items():
        if not is_name(name):
            raise Unsound("container-member", name)
        raw, crc, at = name.encode(), zlib.crc32(data), len(body)
        body += _local(raw, crc, len(data)) + data
        central += _entry(raw, crc, len(data), at)
    body += central
    end = _END.pack(b"PK\5\6", 0, 0, len(members), len(members), len(central), len(body) - len(central), _SEAL_BYTES)
    whole = bytes(body) + end + _seal(bytes(body))
    if len(whole) > MAX_BYTES:
        raise Unsound("container-too-large", "", f"{len(whole)} bytes")
    return whole


def _local(raw: bytes, crc: int, size: int) -> bytes:
    return _LOCAL.pack(b"PK\3\4", _VERSION, 0, 0, _TIME, _DAY, crc, size, size, len(raw), 0) + raw


def _entry(raw: bytes, crc: int, size: int, at: int) -> bytes:
    fields = (_MADE_BY, _VERSION, 0, 0, _TIME, _DAY, crc, size, size, len(raw), 0, 0, 0, 0, _MODE, at)
    return _CENTRAL.pack(b"PK\1\2", *fields) + raw


def _seal(body: bytes) -> bytes:
    return SEAL + hashlib.sha256(body).hexdigest().encode()


def unpack(data: bytes) -> dict[str, bytes]:
    """The members by name, in their order.

    Raises `Unsound`: container-too-large, container-malformed, container-seal, container-encrypted,
    container-compressed, container-member.
    """
    if len(data) > MAX_BYTES:
        raise Unsound("container-too-large", "", f"{len(data)} bytes")
    tail = len(data) - _SEAL_BYTES - _END.size
    if tail < 0 or not data.startswith(b"PK"):
        raise Unsound("container-malformed", "", "no end record with a seal")
    mark, disk, start, here, count, length, offset, comment = _END.unpack_from(data, tail)
    if mark != b"PK\5\6" or comment != _SEAL_BYTES or not data[tail + _END.size :].startswith(SEAL):
        raise Unsound("container-malformed", "", "no end record with a seal")
    if data[tail + _END.size :] != _seal(data[:tail]):
        raise Unsound("container-seal")
    if (disk, start) != (0, 0) or here != count or offset + length != tail:
        raise Unsound("container-malformed", "", "end record")
    if count > MAX_MEMBERS:
        raise Unsound("container-too-large", "", f"{count} members")
    return _members(data, count, offset, tail)


def _members(data: bytes, count: int, offset: int, tail: int) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    at, place = 0, offset
    for _number in range(count):
        if place + _CENTRAL.size > tail:
            raise Unsound("container-malformed", "", "directory ends early")
        fields = _CENTRAL.unpack_from(data, place)
        flags, method, size, raw_length = fields[3], fields[4], fields[9], fields[10]
        raw = data[place + _CENTRAL.size : place + _CENTRAL.size + raw_length]
        name = _name(raw, flags, method)
        if name in members:
            raise Unsound("container-member", name, "twice")
        begin = at + _LOCAL.size + len(raw)
        content = data[begin : begin + size]
        crc = zlib.crc32(content)
        if begin + size > offset or data[at:begin] != _local(raw, crc, size):
            raise Unsound("container-malformed", name, "local header, size or checksum")
        if data[place : place + _CENTRAL.size + raw_length] != _entry(raw, crc, size, at):
            raise Unsound("container-malformed", name, "directory entry")
        members[name] = content
        at, place = begin + size, place + _CENTRAL.size + raw_length
    if at != offset or place != tail:
        raise Unsound("container-malformed", "", "bytes that belong to no member")
    return members


def _name(raw: bytes, flags: int, method: int) -> str:
    try:
        name = raw.decode("ascii")
    except UnicodeDecodeError:
        raise Unsound("container-member", "", repr(raw[:80])) from None
    if not is_name(name):
        raise Unsound("container-member", "", repr(raw[:80]))
    if flags & 0x41:
        raise Unsound("container-encrypted", name)
    if method:
        raise Unsound("container-compressed", name, f"method {method}")
    return name
