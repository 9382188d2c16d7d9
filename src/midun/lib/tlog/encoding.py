"""The small encodings all formats share, read strictly: only the one canonical form is accepted."""

import re
from base64 import b64decode, b64encode
from binascii import Error

from midun.lib.tlog.errors import Reason, Refused

MAX_NUMBER = (1 << 63) - 1
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


def to_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 §4)."""
    return b64encode(data).decode("ascii")


def from_base64(text: str, reason: Reason, length: int | None = None) -> bytes:
    """Bytes of canonical base64, of `length` bytes if given. Raises `Refused(reason)`."""
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (Error, ValueError) as error:
        raise Refused(reason, f"base64: {text[:40]!r}") from error
    if to_base64(data) != text or (length is not None and len(data) != length):
        raise Refused(reason, f"base64 of {len(data)} bytes: {text[:40]!r}")
    return data


def from_decimal(text: str, reason: Reason) -> int:
    """A number from 0 to 2^63-1 in ASCII digits without leading zeros. Raises `Refused(reason)`."""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(MAX_NUMBER)) or text != str(int(text)):
        raise Refused(reason, f"number: {text[:40]!r}")
    if int(text) > MAX_NUMBER:
        raise Refused(reason, f"number: {text}")
    return int(text)


def from_utf8(data: bytes, limit: int) -> str:
    """Text of at most `limit` bytes without control characters but newline.

    Raises `Refused`: TOO_LARGE, NOT_UTF8, CONTROL_CHARACTER.
    """
    if len(data) > limit:
        raise Refused(Reason.TOO_LARGE, f"{len(data)} bytes, limit {limit}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(Reason.NOT_UTF8, f"at byte {error.start}") from error
    if found := _CONTROL.search(text):
        raise Refused(Reason.CONTROL_CHARACTER, f"U+{ord(found[0]):04X} at {found.start()}")
    return text
