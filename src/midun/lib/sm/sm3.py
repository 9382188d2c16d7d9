"""SM3 (GM/T 0004-2012, GB/T 32905-2016): the hash."""

import hashlib
from typing import Protocol

from cryptography.hazmat.primitives import hashes


class Digest(Protocol):
    """A running hash."""

    def update(self, data: bytes, /) -> None:
        """Take in more bytes."""

    def digest(self) -> bytes:
        """The hash of all bytes so far."""


class _Portable:
    """SM3 by the `cryptography` package, for a Python whose OpenSSL lacks it."""

    def __init__(self) -> None:
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.copy().finalize()


_IN_HASHLIB = "sm3" in hashlib.algorithms_available


def new_sm3() -> Digest:
    """A running SM3."""
    return hashlib.new("sm3") if _IN_HASHLIB else _Portable()


def sm3(data: bytes) -> bytes:
    """SM3 of some bytes: 32 bytes."""
    running = new_sm3()
    running.update(data)
    return running.digest()
