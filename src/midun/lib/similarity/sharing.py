"""Private matching of two parties under agreement (docs/formats/similarity-sharing.md).

Each makes a secret half and gives the other its public half; both halves and the agreement's text give one joint key.
Each fingerprints its own material under it and hands over the set; each maps what meets back to its own passages.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from midun.lib.similarity.background import Background
from midun.lib.similarity.documents import Document, Kind, Part
from midun.lib.similarity.errors import SimilarityError
from midun.lib.similarity.fingerprint import fingerprints
from midun.lib.similarity.keys import Key, Words
from midun.lib.similarity.sealed import new_secret, public_of
from midun.lib.similarity.tables import table_fingerprints

OFFER, HALF, MAGIC = "midun-share-offer/1", "midun-share-half/1", b"midun-share/1\n"
FAMILIES = ("text", "code", "table")
NONCE, HEAD = 12, len(MAGIC) + 16
GAP = 20
"""Shared fingerprints of prose and code that lie closer than this many units are one passage."""
LEAST, DENSE = {"text": 4, "code": 12}, 0.5
"""So many shared fingerprints, and such a share of all in the stretch, make a passage: less is chance or an idiom.

The other side's order is not known here, so scattered agreement cannot be told from chance by chaining.
"""


class BadShare(SimilarityError):
    """The file of the exchange cannot be used."""


@dataclass(frozen=True)
class Half:
    """A party's contribution to the joint key, under an agreement known by its digest. Used for one exchange."""

    secret: bytes
    agreement: str

    @property
    def public(self) -> bytes:
        """What the other party gets."""
        return public_of(self.secret)

    def offer(self) -> bytes:
        """The file for the other party: no secret."""
        fields = {"format": OFFER, "agreement": self.agreement, "public": self.public.hex()}
        return (json.dumps(fields, indent=1) + "\n").encode()

    def encode(self) -> bytes:
        """The file one keeps until the exchange is over."""
        fields = {"format": HALF, "agreement": self.agreement, "secret": self.secret.hex()}
        return (json.dumps(fields, indent=1) + "\n").encode()


def new_half(agreement: bytes) -> Half:
    """A fresh half under the agreement whose text is given."""
    return Half(new_secret(), hashlib.sha256(agreement).hexdigest())


def _fields(data: bytes, form: str, member: str) -> tuple[str, bytes]:
    try:
        raw = json.loads(data)
        found = str(raw["agreement"]), bytes.fromhex(raw[member])
        right = raw["format"] == form and len(found[1]) == 32  # noqa: PLR2004  # X25519
    except (ValueError, KeyError, TypeError) as error:
        raise BadShare("这不是双方比对的文件，请用 midun index share begin 生成。") from error
    if not right:
        raise BadShare("双方比对的文件用错了：--mine 是自己保存的文件，--with 是对方给的文件。")
    return found


def parse_half(data: bytes) -> Half:
    """One's own half. Raises `BadShare`."""
    agreement, secret = _fields(data, HALF, "secret")
    return Half(secret, agreement)


@dataclass(frozen=True)
class Joint:
    """The joint key, and digits for both to compare over another channel before anything is sent."""

    key: Key
    mine: bytes
    theirs: bytes
    fingerprint: str


def join(half: Half, offer: bytes) -> Joint:
    """Both halves together: the same key on both sides. Raises `BadShare` (other agreement, one's own offer)."""
    agreement, public = _fields(offer, OFFER, "public")
    if agreement != half.agreement:
        raise BadShare("双方所依据的协议文本不同，请核对是否为同一份文件。")
    if public == half.public:
        raise BadShare("这是自己的公开文件，请使用对方的。")
    try:
        shared = X25519PrivateKey.from_private_bytes(half.secret).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise BadShare("对方的公开文件不成立，请重新索取。") from error
    both = b"".join(sorted((half.public, public)))
    info = f"midun-share/1 {agreement}".encode()
    digits = hashlib.sha256(info + both).hexdigest()[:16]
    secret = HKDF(hashes.SHA256(), 32, salt=both, info=info).derive(shared)
    return Joint(Key(secret), half.public, public, " ".join(digits[n : n + 4] for n in range(0, 16, 4)))


def _streams(part: Part, key: Key) -> Iterable[tuple[str, Words, Any, Any]]:
    """(family, fingerprints, where, how to name a place) of a part."""
    if part.kind is Kind.TABLE:
        cells = table_fingerprints(part.text, key)
        yield "table", cells.hashes, cells.places.astype(np.int64) >> 8, None
        return
    for made in fingerprints(part, key):
        yield made.family, made.hashes, made.positions.astype(np.int64), made.stream


def fingerprint_sets(documents: Iterable[Document], key: Key, public: Background | None) -> dict[str, Words]:
    """Distinct fingerprints per family of all documents, in rising order, without public material."""
    found: dict[str, list[Words]] = {family: [] for family in FAMILIES}
    for document in documents:
        for part in document.parts:
            for family, values, _, _ in _streams(part, key):
                found[family].append(values if public is None else values[~public.public(values)])
    return {f: np.unique(np.concatenate([*made, np.zeros(0, np.uint64)])) for f, made in found.items()}


def write_set(sets: dict[str, Words], joint: Joint) -> bytes:
    """The bytes to hand over: who has not the joint key sees their length only, and the sender's name of the key."""
    body = b"".join(len(sets[f]).to_bytes(8, "little") + sets[f].astype("<u8").tobytes() for f in FAMILIES)
    head = MAGIC + hashlib.sha256(joint.mine).digest()[:16]
    nonce = os.urandom(NONCE)
    return head + nonce + AESGCM(joint.key.derive("share")).encrypt(nonce, body, head)


def read_set(data: bytes, joint: Joint) -> dict[str, Words]:
    """The other party's set. Raises `BadShare` for damage, another exchange, or one's own set."""
    head, nonce = data[:HEAD], data[HEAD : HEAD + NONCE]
    if not head.startswith(MAGIC):
        raise BadShare("这不是指纹集文件。")
    if head[len(MAGIC) :] != hashlib.sha256(joint.theirs).digest()[:16]:
        raise BadShare("这不是对方为本次比对生成的指纹集（可能是自己的，或另一次的）。")
    try:
        body = AESGCM(joint.key.derive("share")).decrypt(nonce, data[HEAD + NONCE :], head)
    except (InvalidTag, ValueError) as error:
        raise BadShare("指纹集已损坏，或不是本次比对的。") from error
    sets, at = {}, 0
    for family in FAMILIES:
        size = int.from_bytes(body[at : at + 8], "little") * 8
        sets[family] = np.frombuffer(body[at + 8 : at + 8 + size], "<u8").astype(np.uint64)
        at += 8 + size
    return sets


@dataclass(frozen=True)
class Met:
    """A passage of one's own material whose fingerprints the other has too: code points, or rows of a table."""

    document: str
    sha256: str
    family: str
    place: str
    begin: int
    end: int
    shared: int
    total: int


def _runs(at: Sequence[int], gap: int) -> list[list[int]]:
    runs: list[list[int]] = []
    for position in sorted(at):
        if runs and position - runs[-1][-1] <= gap:
            runs[-1].append(position)
        else:
            runs.append([position])
    return runs


def met(documents: Iterable[Document], joint: Joint, theirs: dict[str, Words], public: Background | None) -> list[Met]:
    """What of one's own material meets the other's set, strongest first. Public material does not count."""
    out = []
    for document in documents:
        for part in document.parts:
            for family, values, where, stream in _streams(part, joint.key):
                common = np.isin(values, theirs[family])
                if public is not None:
                    common &= ~public.public(values)
                if stream is None:
                    out += _rows(document, part, where, common)
                    continue
                for run in _runs(where[common].tolist(), GAP):
                    total = int(((where >= run[0]) & (where <= run[-1])).sum())
                    if len(run) < max(LEAST[family], DENSE * total):
                        continue
                    begin, end = stream.span(run[0], run[-1] + 1)
                    name, place = document.name, part.place(begin)
                    out.append(Met(name, document.sha256, family, place, begin, end, len(run), total))
    return sorted(out, key=lambda m: (-m.shared, m.document, m.family, m.begin))


def _rows(document: Document, part: Part, rows: Any, common: Any) -> list[Met]:
    """Rows of a table in which at least two cells meet; neighbours together."""
    cells: dict[int, int] = {}
    for row in rows[common].tolist():
        cells[row] = cells.get(row, 0) + 1
    out = []
    for run in _runs([row for row, n in cells.items() if n > 1], 1):
        total = int(((rows >= run[0]) & (rows <= run[-1])).sum())
        shared = sum(cells[row] for row in run)
        place = part.place(0)
        out.append(Met(document.name, document.sha256, "table", place, run[0] + 1, run[-1] + 1, shared, total))
    return out


def write_private(path: Path, data: bytes) -> None:
    """Write a file readable by its owner only; never overwrites. Raises `OSError`."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
