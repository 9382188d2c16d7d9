"""The marking key of an enterprise and what is derived from it (docs/formats/marking-code.md).

One secret of 32 bytes per key epoch. Carriers, data map, MAC and text channels each get a key of their own by
HKDF-Expand (RFC 5869 §2.3), so that none tells anything about another.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from midun.lib.marking.errors import Reason, Refused

VERSION = 1
KEY_BYTES = 32
MAX_NUMBER = 31


@dataclass(frozen=True)
class MarkKey:
    """A secret of 32 bytes and its number (key id, 0 to 31) in the enterprise's key ring.

    With `tracing` copies made under the key carry a traitor-tracing code as well; reading does not depend on it.

    Raises:
        Refused: the secret is not 32 bytes or the number is out of range.

    """

    secret: bytes = field(repr=False)
    number: int = 0
    tracing: bool = False

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES or not 0 <= self.number <= MAX_NUMBER:
            raise Refused(Reason.KEY, "密标密钥须为 32 字节，编号须在 0 到 31 之间。")

    @classmethod
    def new(cls, number: int = 0) -> "MarkKey":
        """A fresh key from the system's random source."""
        return cls(secrets.token_bytes(KEY_BYTES), number)

    @property
    def header(self) -> bytes:
        """Version and key number in one byte: never sent, always authenticated."""
        return bytes([VERSION << 5 | self.number])

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose (RFC 5869 §2.3, one block)."""
        info = b"midun-mark/" + self.header + purpose.encode()
        return hmac.digest(self.secret, info + b"\x01", "sha256")

    @property
    def fingerprint(self) -> str:
        """Eight hexadecimal digits that name the key and tell nothing of it."""
        return self.derive("fingerprint")[:4].hex()


def keystream(key: bytes, count: int) -> npt.NDArray[np.uint64]:
    """`count` pseudo-random 64-bit numbers: the big-endian words of SHAKE-256(key) (FIPS 202).

    NumPy's own generators may change between versions; marks must be readable for decades.
    """
    return np.frombuffer(hashlib.shake_256(key).digest(8 * count), ">u8").astype(np.uint64)


def permutation(key: bytes, count: int) -> npt.NDArray[np.intp]:
    """The order in which the words of the key stream, sorted, take 0 … count-1."""
    return np.argsort(keystream(key, count), kind="stable")
