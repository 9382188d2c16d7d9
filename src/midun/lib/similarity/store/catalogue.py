"""What the index knows of its documents, encrypted under the key: names, digests, places of units."""

import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from midun.lib.similarity.errors import CorruptIndex
from midun.lib.similarity.keys import Key

EVERY = 32
"""The place in the text is kept of every 32nd unit: enough to show where, without keeping the text."""


@dataclass(frozen=True)
class Entry:
    """One part of a protected document. `units` and `samples` (begin, length in the batch's array) per family."""

    name: str
    sha256: str
    sm3: str
    kind: str
    place: str
    units: dict[str, int]
    samples: dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Batch:
    """The entries added by one flush, numbered from `first`, and their sampled offsets."""

    first: int
    entries: tuple[Entry, ...]
    offsets: npt.NDArray[np.uint32]

    def span(self, number: int, family: str, begin: int, end: int) -> tuple[int, int]:
        """Approximate code point offsets (within 32 units) of the units [begin, end) of an entry."""
        at, count = self.entries[number - self.first].samples.get(family, (0, 0))
        if not count:
            return (0, 0)
        last = min(count - 1, -(-end // EVERY))
        return int(self.offsets[at + min(count - 1, begin // EVERY)]), int(self.offsets[at + last])


def write_batch(path: Path, batch: Batch, key: Key) -> None:
    """Encrypt (AES-256-GCM, random nonce, the file's name as associated data) and write."""
    head = json.dumps([vars(e) for e in batch.entries], ensure_ascii=False).encode()
    plain = len(head).to_bytes(8, "little") + head + batch.offsets.astype("<u4").tobytes()
    nonce = os.urandom(12)
    sealed = AESGCM(key.derive("catalogue")).encrypt(nonce, zlib.compress(plain, 6), path.name.encode())
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(nonce + sealed)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)


def read_batch(path: Path, first: int, key: Key) -> Batch:
    """Decrypt a batch. Raises `CorruptIndex`."""
    try:
        raw = path.read_bytes()
        plain = zlib.decompress(AESGCM(key.derive("catalogue")).decrypt(raw[:12], raw[12:], path.name.encode()))
    except (OSError, InvalidTag, ValueError, zlib.error) as error:
        raise CorruptIndex(f"索引文件 {path.name} 已损坏或缺失，请从备份恢复或重新建立索引。") from error
    length = int.from_bytes(plain[:8], "little")
    entries = []
    for each in json.loads(plain[8 : 8 + length]):
        each["samples"] = {family: (int(a), int(n)) for family, (a, n) in each["samples"].items()}
        entries.append(Entry(**each))
    return Batch(first, tuple(entries), np.frombuffer(plain[8 + length :], "<u4").astype(np.uint32))
