"""Openings: what a depositor shows so that others can see what a commitment is to (docs/formats/commitment.md)."""

import json
from dataclasses import dataclass
from typing import Any, Self

from midun.lib.tlog.commitment import MAX_META, SALT_BYTES, Commitment, Digests, Entry, Kind, commit, commit_file
from midun.lib.tlog.encoding import MAX_NUMBER, from_base64, to_base64
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.merkle import HASH_BYTES, MAX_PROOF, SHA256, path_root
from midun.lib.tlog.sm3 import SM3

FORMAT = "midun-opening/1"
MAX_BYTES = 1 << 20
MAX_PATH = 4096
_KEYS = ["format", "kind", "salt", "meta", "size", "sha256", "sm3"]
_SET_KEYS = [*_KEYS, "path", "file_salt", "index", "count", "proof_sha256", "proof_sm3"]


@dataclass(frozen=True)
class InSet:
    """Where a file stands in a set: its path and salt, its place among `count`, the two inclusion proofs."""

    path: str
    file_salt: bytes
    index: int
    count: int
    proof_sha256: tuple[bytes, ...]
    proof_sm3: tuple[bytes, ...]


@dataclass(frozen=True)
class Opening:
    """Opens a deposit of one file, or one file of a deposited set. `salt` and `meta` are those of the deposit."""

    salt: bytes
    meta: bytes
    file: Digests
    in_set: InSet | None = None

    def commitment(self) -> tuple[Kind, Commitment]:
        """What the opening is an opening of.

        Raises `Refused`: INDEX_BEYOND_TREE, PROOF_LENGTH. (Wrong values give another commitment.)
        """
        if self.in_set is None:
            return Kind.FILE, commit_file(self.file, salt=self.salt, meta=self.meta)
        place = self.in_set
        leaf = commit_file(self.file, salt=place.file_salt, meta=place.path.encode()).leaf
        roots = [
            path_root(leaf=tree.leaf(leaf), index=place.index, size=place.count, proof=proof, tree=tree)
            for tree, proof in ((SHA256, place.proof_sha256), (SM3, place.proof_sm3))
        ]
        return Kind.SET, commit(
            Kind.SET, salt=self.salt, number=place.count, sha256=roots[0], sm3_digest=roots[1], meta=self.meta
        )

    def verify(self, entry: Entry, file: Digests | None = None) -> None:
        """Check that a log entry commits to what is opened here, and that `file`, if given, is that file.

        Raises `Refused`: FILE_WRONG, ENTRY_WRONG (another kind of deposit), COMMITMENT_WRONG (one file), MANIFEST_WRONG
        (file of a set), INDEX_BEYOND_TREE, PROOF_LENGTH.
        """
        if file is not None and file != self.file:
            raise Refused(Reason.FILE_WRONG, f"{file.size} bytes, deposited were {self.file.size}")
        kind, commitment = self.commitment()
        if kind != entry.kind:
            raise Refused(Reason.ENTRY_WRONG, f"entry of kind {entry.kind}, opening of kind {kind}")
        if commitment != entry.commitment:
            raise Refused(Reason.COMMITMENT_WRONG if kind is Kind.FILE else Reason.MANIFEST_WRONG)

    def encode(self) -> bytes:
        """The bytes of the opening file."""
        fields: dict[str, Any] = {
            "format": FORMAT,
            "kind": 1 if self.in_set is None else 2,
            "salt": self.salt.hex(),
            "meta": to_base64(self.meta),
            "size": self.file.size,
            "sha256": self.file.sha256.hex(),
            "sm3": self.file.sm3.hex(),
        }
        if self.in_set is not None:
            place = self.in_set
            fields |= {
                "path": place.path,
                "file_salt": place.file_salt.hex(),
                "index": place.index,
                "count": place.count,
                "proof_sha256": [to_base64(item) for item in place.proof_sha256],
                "proof_sm3": [to_base64(item) for item in place.proof_sm3],
            }
        return (json.dumps(fields, ensure_ascii=False, indent=1) + "\n").encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read an opening file. Raises `Refused`: TOO_LARGE, OPENING_MALFORMED."""
        if len(data) > MAX_BYTES:
            raise Refused(Reason.TOO_LARGE, f"{len(data)} bytes")
        try:
            fields = json.loads(data.decode(), object_pairs_hook=_without_repetition)
        except (ValueError, RecursionError) as error:
            raise Refused(Reason.OPENING_MALFORMED, str(error)[:80]) from error
        if not isinstance(fields, dict) or fields.get("format") != FORMAT or fields.get("kind") not in (1, 2):
            raise Refused(Reason.OPENING_MALFORMED, "format or kind")
        wanted = _KEYS if fields["kind"] == 1 else _SET_KEYS
        if sorted(fields) != sorted(wanted):
            raise Refused(Reason.OPENING_MALFORMED, "keys")
        meta = _base64(fields["meta"])
        if len(meta) > MAX_META:
            raise Refused(Reason.OPENING_MALFORMED, "meta")
        file = Digests(_number(fields["size"]), _hex(fields["sha256"]), _hex(fields["sm3"]))
        in_set = None if fields["kind"] == 1 else _in_set(fields)
        return cls(_hex(fields["salt"], SALT_BYTES), meta, file, in_set)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _value in pairs}) != len(pairs):
        raise ValueError("a key stands there twice")
    return dict(pairs)


def _in_set(fields: dict[str, Any]) -> InSet:
    proofs = []
    for name in ("proof_sha256", "proof_sm3"):
        listed = fields[name]
        if not isinstance(listed, list) or len(listed) > MAX_PROOF:
            raise Refused(Reason.OPENING_MALFORMED, name)
        proofs.append(tuple(_base64(item, HASH_BYTES) for item in listed))
    path = fields["path"]
    if not isinstance(path, str) or not valid_path(path):
        raise Refused(Reason.OPENING_MALFORMED, "path")
    index, count = _number(fields["index"]), _number(fields["count"])
    return InSet(path, _hex(fields["file_salt"], SALT_BYTES), index, count, proofs[0], proofs[1])


def valid_path(path: str) -> bool:
    """Whether it can be a path in a set: relative, 1 to 4,096 bytes of UTF-8, no empty, `.` or `..` part, no NUL."""
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        return False
    return 0 < length <= MAX_PATH and "\0" not in path and not {"", ".", ".."} & set(path.split("/"))


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAX_NUMBER:
        raise Refused(Reason.OPENING_MALFORMED, f"number {str(value)[:20]}")
    return value


def _hex(value: Any, length: int = HASH_BYTES) -> bytes:
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) != length or data.hex() != value:
        raise Refused(Reason.OPENING_MALFORMED, f"hex {str(value)[:20]}")
    return data


def _base64(value: Any, length: int | None = None) -> bytes:
    if not isinstance(value, str):
        raise Refused(Reason.OPENING_MALFORMED, "base64")
    return from_base64(value, Reason.OPENING_MALFORMED, length)
