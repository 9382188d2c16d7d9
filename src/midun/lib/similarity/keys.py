"""The secret key of one enterprise and what is derived from it (docs/formats/similarity-fingerprint.md)."""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from midun.lib.similarity.charmap import SIZE
from midun.lib.similarity.errors import BadKey

LENGTH = 32
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Key:
    """32 secret bytes. Two keys never give comparable fingerprints; `check` names a key without telling it."""

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != LENGTH:
            raise BadKey(f"比对密钥应为 {LENGTH} 字节，实为 {len(self.secret)} 字节，请检查密钥文件。")

    def __repr__(self) -> str:
        return f"Key({self.check})"

    def derive(self, purpose: str, length: int = 32) -> bytes:
        """Bytes for one purpose: SHAKE-256 keyed by HMAC-SHA-256 (one way, independent per purpose)."""
        seed = hmac.new(self.secret, b"midun-similarity/1 " + purpose.encode(), hashlib.sha256).digest()
        return hashlib.shake_256(seed).digest(length)

    @cached_property
    def check(self) -> str:
        """Public name of the key: 16 hexadecimal digits."""
        return self.derive("check", 8).hex()

    @cached_property
    def characters(self) -> Words:
        """One secret 64-bit value per normalised code point, odd."""
        return np.frombuffer(self.derive("characters", SIZE * 8), "<u8").astype(np.uint64) | np.uint64(1)

    @cached_property
    def base(self) -> np.uint64:
        """Secret odd base of the rolling polynomials."""
        return np.uint64(int.from_bytes(self.derive("base", 8), "little") | 1)

    @cached_property
    def _pairs(self) -> dict[str, Words]:
        return {}

    def pair(self, channel: str) -> Words:
        """The two SipHash keys of a channel."""
        if channel not in self._pairs:
            raw = self.derive(f"channel {channel}", 16)
            self._pairs[channel] = np.frombuffer(raw, "<u8").astype(np.uint64)
        return self._pairs[channel]


def new_key() -> Key:
    """A fresh random key."""
    return Key(secrets.token_bytes(LENGTH))


def throwaway_key() -> Key:
    """The fixed key for comparing two files at hand: nothing is stored, so nothing needs to be hidden."""
    return Key(hashlib.sha256(b"midun-similarity pairwise comparison").digest())


def read_key(path: Path) -> Key:
    """Read a key file: one line of 64 hexadecimal digits. Raises `BadKey`."""
    try:
        text = path.read_text(encoding="ascii").strip()
        return Key(bytes.fromhex(text))
    except (OSError, ValueError) as error:
        raise BadKey(f"读不出比对密钥 {path}：应为一行 {LENGTH * 2} 位十六进制数字。") from error


def write_key(path: Path, key: Key) -> None:
    """Write a key file readable by its owner only; never overwrites."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.secret.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
