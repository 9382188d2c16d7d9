"""Sealed bundles: each party encrypts its material to a session's one-time key (docs/formats/similarity-sealed.md)."""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from midun.lib.similarity.documents import Document
from midun.lib.similarity.errors import SimilarityError
from midun.lib.similarity.readers.files import read_bytes
from midun.lib.similarity.readers.limits import Budget
from midun.lib.similarity.scan import files_under

SESSION = "midun-session/1"
MAGIC = b"midun-sealed/1\n"
KEY, TAG, HEAD = 32, 16, len(MAGIC) + 32
LARGEST = 256 << 20
SIDES = ("a", "b")
POINTS = "points"
_FILES = "files/"
_NO_SESSION = "这不是比对会话文件，请向办理机关索取 session.json。"
_NONCE = bytes(12)
"""The key of a bundle is used once: its nonce may be constant."""


class BadBundle(SimilarityError):
    """The bundle or the session file cannot be used."""


@dataclass(frozen=True)
class Session:
    """What a party needs to seal: the session's number and its public key."""

    number: str
    public: bytes

    @property
    def fingerprint(self) -> str:
        """Sixteen digits to compare over another channel, so that nobody seals to a stranger's key."""
        digest = hashlib.sha256(f"{SESSION} {self.number} ".encode() + self.public).hexdigest()[:16]
        return " ".join(digest[n : n + 4] for n in range(0, 16, 4))

    def encode(self) -> bytes:
        """The bytes of the session file."""
        fields = {"format": SESSION, "session": self.number, "public": self.public.hex()}
        return (json.dumps(fields, indent=1) + "\n").encode()


def parse_session(data: bytes) -> Session:
    """A session file. Raises `BadBundle`."""
    try:
        raw = json.loads(data)
        ours, found = raw["format"] == SESSION, Session(str(raw["session"]), bytes.fromhex(raw["public"]))
        X25519PublicKey.from_public_bytes(found.public)
    except (ValueError, KeyError, TypeError) as error:
        raise BadBundle(_NO_SESSION) from error
    if not ours:
        raise BadBundle(_NO_SESSION)
    return found


def new_secret() -> bytes:
    """A session's one-time private key (32 bytes)."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_of(secret: bytes) -> bytes:
    """Its public half (32 bytes)."""
    key = X25519PrivateKey.from_private_bytes(secret).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _cipher(shared: bytes, ephemeral: bytes, session: Session, side: str) -> AESGCM:
    info = f"{MAGIC.decode().strip()} {session.number} {side}".encode()
    made = HKDF(hashes.SHA256(), 32, salt=ephemeral + session.public, info=info).derive(shared)
    return AESGCM(made)


def pack(root: Path, points: bytes = b"") -> bytes:
    """A file or folder (and the secret points) as one archive in memory. Raises `BadBundle`, `OSError`."""
    out, total = io.BytesIO(), len(points)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if points:
            archive.writestr(zipfile.ZipInfo(POINTS), points)
        for path in files_under(root):
            total += path.stat().st_size
            if total > LARGEST:
                raise BadBundle(f"材料超过 {LARGEST >> 20} MB，请只放与争议有关的文件。")
            name = path.name if path == root else path.relative_to(root).as_posix()
            archive.writestr(zipfile.ZipInfo(_FILES + name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def seal(packed: bytes, session: Session, side: str) -> bytes:
    """Encrypt a packed bundle so that only the session can open it, and only as this side. Raises ValueError."""
    if side not in SIDES:
        raise ValueError(side)
    mine = X25519PrivateKey.generate()
    ephemeral = mine.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shared = mine.exchange(X25519PublicKey.from_public_bytes(session.public))
    head = MAGIC + ephemeral
    return head + _cipher(shared, ephemeral, session, side).encrypt(_NONCE, packed, head)


def looks_sealed(data: bytes) -> bool:
    """Whether bytes can be a bundle at all, without the key."""
    return data.startswith(MAGIC) and len(data) > HEAD + TAG


def unseal(data: bytes, secret: bytes, session: Session, side: str) -> bytes:
    """The packed bundle. Raises `BadBundle` for damage, another session, or the other side's bundle."""
    if not looks_sealed(data):
        raise BadBundle("这不是密封的材料包，请用 midun seal 生成。")
    ephemeral = data[len(MAGIC) : HEAD]
    try:
        shared = X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(ephemeral))
        return _cipher(shared, ephemeral, session, side).decrypt(_NONCE, data[HEAD:], data[:HEAD])
    except (InvalidTag, ValueError) as error:
        raise BadBundle("材料包打不开：已损坏，或者不是密封给本次会话、本方的。") from error


def unpack(packed: bytes, prefix: str) -> tuple[list[Document], bytes]:
    """The documents of a packed bundle, read in memory, and its secret points. Raises `BadBundle`.

    Names begin with `prefix`. Nothing is written to disk.
    """
    documents: list[Document] = []
    points, budget = b"", Budget(bytes=LARGEST, member_bytes=LARGEST)
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            for member in archive.infolist():
                budget.take(member.file_size, member.compress_size)
                content = archive.read(member)
                if member.filename == POINTS:
                    points = content
                else:
                    name = prefix + member.filename.removeprefix(_FILES)
                    documents += read_bytes(content, name, budget)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise BadBundle("材料包的内容已损坏。") from error
    return documents, points
