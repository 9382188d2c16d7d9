"""Salted commitments and the entries that carry them (docs/formats/commitment.md)."""

import hashlib
import hmac
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.merkle import HASH_BYTES
from midun.lib.tlog.sm3 import new_sm3, sm3

SALT_BYTES = 32
MAX_META = 0xFFFF
CHUNK_BYTES = 1 << 20
_LABEL = b"midun-commit/v1"
_SALT_INFO = b"midun-salt/v1"
_ENTRY_MAGIC = b"MDE1"
ENTRY_BYTES = 112


class Kind(IntEnum):
    """What a commitment is to."""

    FILE = 1
    SET = 2
    PLATFORM = 3


@dataclass(frozen=True)
class Digests:
    """Size in bytes, SHA-256 and SM3 of a content."""

    size: int
    sha256: bytes
    sm3: bytes


@dataclass(frozen=True)
class Commitment:
    """The two commitments to one thing, of 32 bytes each. They tell nothing without the salt."""

    sha256: bytes
    sm3: bytes

    @property
    def leaf(self) -> bytes:
        """The 64 bytes that stand in a manifest."""
        return self.sha256 + self.sm3


def digest_chunks(chunks: Iterable[bytes], progress: Callable[[int], None] | None = None) -> Digests:
    """Digests of a content given in pieces, in one pass. `progress` is told the bytes done so far."""
    one, two, size = hashlib.sha256(), new_sm3(), 0
    for chunk in chunks:
        one.update(chunk)
        two.update(chunk)
        size += len(chunk)
        if progress:
            progress(size)
    return Digests(size, one.digest(), two.digest())


def digest_file(path: Path, progress: Callable[[int], None] | None = None) -> Digests:
    """Digests of a file of any size, one MiB in memory at a time.

    Raises `Refused(FILE_CHANGING)` if it changed meanwhile, OSError if it cannot be read.
    """
    with path.open("rb") as source:
        before = os.fstat(source.fileno())
        found = digest_chunks(iter(lambda: source.read(CHUNK_BYTES), b""), progress)
        after = os.fstat(source.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or found.size != before.st_size:
        raise Refused(Reason.FILE_CHANGING, path.name)
    return found


def derive_salt(master_key: bytes, deposit_id: bytes) -> bytes:
    """The salt of a deposit, from the enterprise's key: HKDF-SHA-256, 32 bytes (RFC 5869).

    Raises ValueError for a key of less than 32 bytes or an empty ID.
    """
    if len(master_key) < SALT_BYTES or not deposit_id:
        raise ValueError("the master key has at least 32 bytes, the ID at least one")
    extracted = hmac.digest(deposit_id, master_key, "sha256")
    return hmac.digest(extracted, _SALT_INFO + b"\1", "sha256")


def commit(kind: Kind, *, salt: bytes, number: int, sha256: bytes, sm3_digest: bytes, meta: bytes) -> Commitment:
    """The commitment to a digest pair with its number (size or count) and meta.

    Raises ValueError where a part has not its fixed length: anything else could be read in two ways.
    """
    if len(salt) != SALT_BYTES or len(sha256) != HASH_BYTES or len(sm3_digest) != HASH_BYTES or len(meta) > MAX_META:
        raise ValueError("salt and digests have 32 bytes, meta at most 65535")
    parts = (
        _LABEL,
        bytes([kind]),
        salt,
        number.to_bytes(8, "big"),
        sha256,
        sm3_digest,
        hashlib.sha256(meta).digest(),
        sm3(meta),
    )
    whole = b"".join(parts)
    return Commitment(hashlib.sha256(whole).digest(), sm3(whole))


def commit_file(digests: Digests, *, salt: bytes, meta: bytes = b"") -> Commitment:
    """The commitment to one file."""
    return commit(Kind.FILE, salt=salt, number=digests.size, sha256=digests.sha256, sm3_digest=digests.sm3, meta=meta)


@dataclass(frozen=True)
class Entry:
    """What stands in the log. `time` is the depositor's claim, in seconds since 1970, 0 for none."""

    kind: Kind
    commitment: Commitment
    submitter_tag: bytes
    time: int = 0

    def encode(self) -> bytes:
        """The 112 bytes of the leaf. Raises ValueError for a tag that has not 32 bytes."""
        if len(self.submitter_tag) != HASH_BYTES:
            raise ValueError("a submitter tag has 32 bytes")
        head = _ENTRY_MAGIC + bytes([self.kind, 0, 0, 0])
        return head + self.commitment.leaf + self.submitter_tag + self.time.to_bytes(8, "big")


def parse_entry(data: bytes) -> Entry:
    """Read a leaf. Raises `Refused(ENTRY_MALFORMED)`."""
    if len(data) != ENTRY_BYTES or data[:4] != _ENTRY_MAGIC or any(data[5:8]):
        raise Refused(Reason.ENTRY_MALFORMED, f"{len(data)} bytes")
    try:
        kind = Kind(data[4])
    except ValueError as error:
        raise Refused(Reason.ENTRY_MALFORMED, f"kind {data[4]}") from error
    return Entry(kind, Commitment(data[8:40], data[40:72]), data[72:104], int.from_bytes(data[104:], "big"))
