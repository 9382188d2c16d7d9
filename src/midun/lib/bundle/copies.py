"""One marked copy shown with its proof (docs/formats/copy-disclosure.md): made from a batch's proof, and verified.

A disclosure is the opening of one commitment, its place in the tree of its batch, and the bundle of the batch's
deposit. It tells nothing of the other copies but their number.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from midun.lib.bundle.container import MAX_BYTES as MAX_BUNDLE
from midun.lib.marking.manifest import MOST, Opening
from midun.lib.tlog.commitment import Commitment, Kind, commit
from midun.lib.tlog.merkle import MAX_PROOF, SHA256, Frontier, Node, inclusion_proof
from midun.lib.tlog.sm3 import sm3

DISCLOSURE, BATCH_PROOF = "midun-copy-disclosure/1", "midun-batch-proof/1"
MAX_BYTES = 24 << 20
_HEX = re.compile(r"[0-9a-f]{64}")
_TEXT = re.compile(
    r"midun-issue-batch/1\nbatch ([0-9a-f-]{36})\nsha256 ([0-9a-f]{64})\n"
    r"root ([0-9a-f]{64})\ncopies ([1-9][0-9]{0,5})\n"
)


class NotDisclosable(ValueError):
    """Not a file of these formats, or a copy that is not of the batch; the text is a sentence in Chinese."""


@dataclass(frozen=True)
class BatchText:
    """What the deposited text of a batch says: its number, the digest of its file, root and size of its tree."""

    batch: str
    sha256: str
    root: str
    copies: int

    @classmethod
    def of(cls, batch: str, sha256: str, commitments: Sequence[str]) -> Self:
        """The text of a batch of these commitments, in hexadecimal and in order."""
        return cls(batch, sha256, _Tree(commitments).root, len(commitments))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it.

        Raises:
            NotDisclosable: it is no such text.

        """
        found = _TEXT.fullmatch(text)
        if found is None:
            raise NotDisclosable("批次登记的文本不符合格式。")
        return cls(found[1], found[2], found[3], int(found[4]))

    def encode(self) -> str:
        """The five lines of docs/formats/issue-batch.md."""
        return (
            f"midun-issue-batch/1\nbatch {self.batch}\nsha256 {self.sha256}\nroot {self.root}\ncopies {self.copies}\n"
        )


class _Tree:
    """The tree of some commitments, all nodes held."""

    def __init__(self, commitments: Sequence[str]) -> None:
        edge = Frontier()
        self._size = len(commitments)
        self._rows = edge.extend(SHA256.leaves(bytes.fromhex(one) for one in commitments))
        self.root = edge.root().hex()

    def path(self, index: int) -> tuple[str, ...]:
        return tuple(one.hex() for one in inclusion_proof(index, self._size, self._nodes))

    def _nodes(self, nodes: Sequence[Node]) -> list[bytes]:
        return [self._rows[node.height][node.number] for node in nodes]


@dataclass(frozen=True)
class Disclosure:
    """One copy with its proof. `opening` opens it; `index` and `path` place it in the batch of `text`.

    `salt` (hexadecimal) opens the deposit of `text`, whose bundle is `bundle`. Nothing here is verified by reading.
    """

    opening: Opening
    text: str
    salt: str
    index: int
    path: tuple[str, ...]
    bundle: bytes

    def encode(self) -> bytes:
        """The file."""
        fields = {
            "format": DISCLOSURE,
            "salt": self.opening.salt,
            "text": self.opening.text,
            "batch": {"text": self.text, "salt": self.salt, "index": self.index, "proof": list(self.path)},
            "bundle": base64.b64encode(self.bundle).decode(),
        }
        return json.dumps(fields, ensure_ascii=False, indent=1).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read one.

        Raises:
            NotDisclosable: it is anything else.

        """
        value = _object(data, DISCLOSURE, {"format", "salt", "text", "batch", "bundle"})
        batch = value["batch"]
        if not isinstance(batch, dict) or set(batch) != {"text", "salt", "index", "proof"}:
            raise NotDisclosable(_FORM)
        index, proof = batch["index"], batch["proof"]
        if type(index) is not int or not 0 <= index < MOST or not isinstance(proof, list) or len(proof) > MAX_PROOF:
            raise NotDisclosable(_FORM)
        return cls(
            Opening(_hex(value["salt"]), _string(value["text"])),
            _string(batch["text"]),
            _hex(batch["salt"]),
            index,
            tuple(map(_hex, proof)),
            _bytes(value["bundle"]),
        )


@dataclass(frozen=True)
class BatchProof:
    """All commitments of a batch with the proof that it was deposited: what the enterprise keeps."""

    text: str
    salt: str
    copies: tuple[str, ...]
    bundle: bytes

    def encode(self) -> bytes:
        """The file."""
        fields = {
            "format": BATCH_PROOF,
            "text": self.text,
            "salt": self.salt,
            "copies": list(self.copies),
            "bundle": base64.b64encode(self.bundle).decode(),
        }
        return json.dumps(fields, ensure_ascii=False, indent=1).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read one, and check its commitments against its text.

        Raises:
            NotDisclosable: it is anything else, or they do not agree.

        """
        value = _object(data, BATCH_PROOF, {"format", "text", "salt", "copies", "bundle"})
        copies = value["copies"]
        if not isinstance(copies, list) or not 0 < len(copies) <= MOST:
            raise NotDisclosable(_FORM)
        read = cls(_string(value["text"]), _hex(value["salt"]), tuple(map(_hex, copies)), _bytes(value["bundle"]))
        said = BatchText.parse(read.text)
        if BatchText.of(said.batch, said.sha256, read.copies) != said:
            raise NotDisclosable("批次证明中的承诺值与批次登记的摘要不符：文件被改动。")
        return read

    def disclose(self, opening: Opening) -> Disclosure:
        """Show one copy.

        Raises:
            NotDisclosable: it is not of this batch.

        """
        commitment = opening.commitment
        if commitment not in self.copies:
            raise NotDisclosable("这份副本不在这个批次中，或开启信息已被改动。")
        index = self.copies.index(commitment)
        return Disclosure(opening, self.text, self.salt, index, _Tree(self.copies).path(index), self.bundle)


def deposited(text: str, salt: str) -> Commitment:
    """The commitment of kind 3 to the text of a batch (docs/formats/commitment.md)."""
    data = text.encode()
    sha256 = hashlib.sha256(data).digest()
    return commit(Kind.PLATFORM, salt=bytes.fromhex(salt), number=0, sha256=sha256, sm3_digest=sm3(data), meta=b"")


_FORM = "不是秘盾的出示文件或批次证明，或文件已损坏。"


def _object(data: bytes, form: str, names: set[str]) -> dict[str, Any]:
    try:
        value = json.loads(data, object_pairs_hook=_once) if len(data) <= MAX_BYTES else None
    except (ValueError, RecursionError) as error:
        raise NotDisclosable(_FORM) from error
    if not isinstance(value, dict) or set(value) != names or value["format"] != form:
        raise NotDisclosable(_FORM)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise NotDisclosable(_FORM)
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half of a surrogate pair, which JSON can spell
        raise NotDisclosable(_FORM) from error
    return value


def _hex(value: object) -> str:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise NotDisclosable(_FORM)
    return value


def _bytes(value: object) -> bytes:
    try:
        found = base64.b64decode(_string(value), validate=True)
    except binascii.Error as error:
        raise NotDisclosable(_FORM) from error
    if len(found) > MAX_BUNDLE:
        raise NotDisclosable(_FORM)
    return found
