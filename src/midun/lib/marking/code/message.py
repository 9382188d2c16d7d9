"""A copy id as 112 bits: id, CRC-8, keyed MAC of 40 bits (docs/formats/marking-code.md).

The bound on false accusation rests on the MAC alone: a wrong message passes with probability 2^-40 whatever the
distribution of the noise, because HMAC-SHA-256 is a pseudo-random function (RFC 2104, Bellare 2006). The CRC costs
nothing to check first and makes an accident (no attacker) rarer still, 2^-48.
"""

import hmac
import secrets

import numpy as np
import numpy.typing as npt

from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.keys import MarkKey

ID_BYTES, MAC_BYTES = 8, 5
MESSAGE_BITS = 8 * (ID_BYTES + 1 + MAC_BYTES)
FALSE_ACCEPT = 2.0 ** (-8 * MAC_BYTES)
"""Probability that one wrong message is accepted."""

_CRC_POLYNOMIAL = 0x2F
_CHECK_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OILU", "011V")


def crc8(data: bytes) -> int:
    """CRC-8/AUTOSAR: polynomial 0x2F, initial and final 0xFF, not reflected. `b"123456789"` gives 0xDF."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ _CRC_POLYNOMIAL) & 0xFF if crc & 0x80 else crc << 1
    return crc ^ 0xFF


def new_copy_id() -> bytes:
    """Eight random bytes; never all zero."""
    while True:
        if any(found := secrets.token_bytes(ID_BYTES)):
            return found


def pack(copy_id: bytes, key: MarkKey) -> npt.NDArray[np.uint8]:
    """The 112 bits of a message, most significant first.

    Raises:
        Refused: the id is not eight bytes.

    """
    if len(copy_id) != ID_BYTES:
        raise Refused(Reason.KEY, "副本编号须为 8 字节。")
    body = copy_id + bytes([crc8(key.header + copy_id)]) + _mac(copy_id, key)
    return np.unpackbits(np.frombuffer(body, np.uint8))


def unpack(bits: npt.NDArray[np.uint8], key: MarkKey) -> bytes | None:
    """The copy id if CRC and MAC are right, else nothing."""
    body = np.packbits(bits).tobytes()
    copy_id, crc, mac = body[:ID_BYTES], body[ID_BYTES], body[ID_BYTES + 1 :]
    if crc != crc8(key.header + copy_id) or not hmac.compare_digest(mac, _mac(copy_id, key)):
        return None
    return copy_id


def _mac(copy_id: bytes, key: MarkKey) -> bytes:
    return hmac.digest(key.derive("mac"), key.header + copy_id, "sha256")[:MAC_BYTES]


def write_id(copy_id: bytes) -> str:
    """A copy id for people: id and CRC-8 as 15 letters of Crockford's base 32, in three groups of five."""
    number = int.from_bytes(copy_id + bytes([crc8(copy_id)]), "big")
    letters = "".join(_CHECK_LETTERS[number >> 5 * place & 31] for place in reversed(range(15)))
    return "-".join(letters[start : start + 5] for start in (0, 5, 10))


def read_id(text: str) -> bytes:
    """A copy id as people typed it: case, spaces and hyphens do not matter, O I L U are read as 0 1 1 V.

    Raises:
        Refused: wrong length, foreign letter or wrong check.

    """
    letters = "".join(text.upper().split()).replace("-", "").translate(_READ_AS)
    if len(letters) != 15 or any(letter not in _CHECK_LETTERS for letter in letters):  # noqa: PLR2004  # 75 bits
        raise Refused(Reason.FORMAT, "副本编号应为 15 个字母或数字，请核对后重新输入。")
    number = 0
    for letter in letters:
        number = number << 5 | _CHECK_LETTERS.index(letter)
    copy_id = (number >> 8 & (1 << 64) - 1).to_bytes(ID_BYTES, "big")
    if number >> 72 or number & 0xFF != crc8(copy_id):
        raise Refused(Reason.FORMAT, "副本编号的校验位不对，请核对后重新输入。")
    return copy_id
