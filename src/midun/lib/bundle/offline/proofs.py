"""Merkle trees, proofs of logging, entries and openings (RFC 9162, C2SP tlog-proof, docs/formats/commitment.md)."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Callable, NamedTuple

from midun.lib.bundle.container import Unsound
from midun.lib.bundle.offline.notes import LARGEST, base64_of, decimal_of, text_of
from midun.lib.bundle.offline.sm3 import sm3_of

PROOF_MAGIC = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES = 2 << 20
MAX_HASHES = 63
MAX_OPENING = 1 << 20
COMMIT_LABEL = b"midun-commit/v1"
ONE_KEYS = ("format", "kind", "salt", "meta", "size", "sha256", "sm3")
SET_KEYS = (*ONE_KEYS, "path", "file_salt", "index", "count", "proof_sha256", "proof_sm3")


class Proof(NamedTuple):
    """A proof file."""

    place: int
    hashes: list[bytes]
    checkpoint: bytes
    extra: bytes


class Entry(NamedTuple):
    """A leaf of the log."""

    kind: int
    sha256: bytes
    sm3: bytes
    claimed_at: int


class Opening(NamedTuple):
    """An opening file: the file's size and digests, and what it says of the deposit."""

    size: int
    sha256: bytes
    sm3: bytes
    meta: bytes
    kind: int
    commitment: tuple[bytes, bytes]
    path: str
    total: int


def sha256_of(data: bytes) -> bytes:
    """SHA-256 of some bytes."""
    return hashlib.sha256(data).digest()


def read_proof(data: bytes) -> Proof:
    """A proof file. Raises `Unsound`."""
    head, blank, checkpoint = text_of(data, MAX_PROOF_BYTES).partition("\n\n")
    lines = head.split("\n")
    if not blank or not checkpoint or lines.pop(0) != PROOF_MAGIC:
        raise Unsound("proof-malformed")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = base64_of(lines.pop(0)[6:], "proof-malformed")
    if not lines or not lines[0].startswith("index "):
        raise Unsound("proof-malformed")
    index = decimal_of(lines.pop(0)[6:], "proof-malformed")
    if len(lines) > MAX_HASHES:
        raise Unsound("proof-length")
    return Proof(index, [base64_of(line, "proof-malformed", 32) for line in lines], checkpoint.encode(), extra)


def read_entry(data: bytes) -> Entry:
    """A leaf."""
    if len(data) != 112 or data[:4] != b"MDE1" or any(data[5:8]) or data[4] not in (1, 2, 3):
        raise Unsound("entry-malformed")
    return Entry(data[4], data[8:40], data[40:72], int.from_bytes(data[104:], "big"))


def path_root(leaf: bytes, index: int, size: int, hashes: list[bytes], digest: Callable[[bytes], bytes]) -> bytes:
    """The root an audit path leads to (RFC 9162 §2.1.3.2); `leaf` is the leaf itself."""
    if not 0 <= index < size:
        raise Unsound("index-beyond-tree")
    fn, sn, result = index, size - 1, digest(b"\0" + leaf)
    for sibling in hashes:
        if not sn:
            raise Unsound("proof-length")
        if fn & 1 or fn == sn:
            result = digest(b"\1" + sibling + result)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = digest(b"\1" + result + sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Unsound("proof-length")
    return result


def commitment_of(kind: int, salt: bytes, number: int, pair: tuple[bytes, bytes], meta: bytes) -> tuple[bytes, bytes]:
    """The two commitments to a pair of digests or roots."""
    head = COMMIT_LABEL + bytes([kind]) + salt + number.to_bytes(8, "big")
    whole = head + pair[0] + pair[1] + sha256_of(meta) + sm3_of(meta)
    return sha256_of(whole), sm3_of(whole)


def no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys are different."""
    if len({key for key, _value in pairs}) != len(pairs):
        raise ValueError("a key stands there twice")
    return dict(pairs)


def opening_number(value: object) -> int:
    """A whole number of an opening."""
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise Unsound("opening-malformed", "", "number")
    return value


def opening_hex(value: object) -> bytes:
    """32 bytes in lower-case hexadecimal."""
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) != 32 or data.hex() != value:
        raise Unsound("opening-malformed", "", "hex")
    return data


def opening_base64(value: object, length: int | None = None) -> bytes:
    """Bytes in base64."""
    if not isinstance(value, str):
        raise Unsound("opening-malformed", "", "base64")
    return base64_of(value, "opening-malformed", length)


def is_path(path: object) -> bool:
    """Whether it can be the path of a file in a set."""
    try:
        length = len(path.encode()) if isinstance(path, str) else 0
    except UnicodeEncodeError:
        return False
    return 0 < length <= 4096 and "\0" not in str(path) and not {"", ".", ".."} & set(str(path).split("/"))


def read_opening(data: bytes) -> Opening:
    """An opening file, with the commitment it leads to. Raises `Unsound`."""
    if len(data) > MAX_OPENING:
        raise Unsound("too-large")
    try:
        fields = json.loads(data.decode(), object_pairs_hook=no_repetition)
    except (ValueError, RecursionError):
        raise Unsound("opening-malformed", "", "JSON") from None
    if not isinstance(fields, dict) or fields.get("format") != "midun-opening/1" or fields.get("kind") not in (1, 2):
        raise Unsound("opening-malformed", "", "format")
    kind = int(fields["kind"])
    if sorted(fields) != sorted(ONE_KEYS if kind == 1 else SET_KEYS):
        raise Unsound("opening-malformed", "", "keys")
    meta = opening_base64(fields["meta"])
    if len(meta) > 65535:
        raise Unsound("opening-malformed", "", "meta")
    size, pair = opening_number(fields["size"]), (opening_hex(fields["sha256"]), opening_hex(fields["sm3"]))
    if kind == 1:
        commitment = commitment_of(1, opening_hex(fields["salt"]), size, pair, meta)
        return Opening(size, *pair, meta, 1, commitment, "", 0)
    return in_set(fields, size, pair, meta)


def in_set(fields: dict[str, Any], size: int, pair: tuple[bytes, bytes], meta: bytes) -> Opening:
    """The opening of one file of a set."""
    proofs = []
    for name in ("proof_sha256", "proof_sm3"):
        if not isinstance(fields[name], list) or len(fields[name]) > MAX_HASHES:
            raise Unsound("opening-malformed", "", name)
        proofs.append([opening_base64(item, 32) for item in fields[name]])
    path = fields["path"]
    if not is_path(path):
        raise Unsound("opening-malformed", "", "path")
    index, count = opening_number(fields["index"]), opening_number(fields["count"])
    file_salt, salt = opening_hex(fields["file_salt"]), opening_hex(fields["salt"])
    leaf = b"".join(commitment_of(1, file_salt, size, pair, path.encode()))
    roots = (
        path_root(leaf, index, count, proofs[0], sha256_of),
        path_root(leaf, index, count, proofs[1], sm3_of),
    )
    return Opening(size, *pair, meta, 2, commitment_of(2, salt, count, roots, meta), path, count)
