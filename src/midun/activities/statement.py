"""What a certificate states, as signed bytes (docs/formats/certificate.md). Pure: no database, no clock, no files."""

import base64
import hashlib
import unicodedata
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FORMAT = "midun-certificate/1"


@dataclass(frozen=True)
class Statement:
    """The facts, in the order in which they are signed. All of them are printed on the certificate."""

    number: str
    name: str
    enterprise: str
    event: str
    day: date
    hours: Decimal
    issuer: str
    issued: date
    code: str

    def message(self) -> bytes:
        """The bytes that are signed: a line with the format, then `field=value` lines, each ended by a line feed."""
        lines = [FORMAT, *(f"{f.name}={_text(getattr(self, f.name))}" for f in fields(self))]
        return "".join(line + "\n" for line in lines).encode()


def one_line(text: str) -> str:
    """A text as it may stand in a statement: NFC, no control characters, no double or outer blanks."""
    normal = unicodedata.normalize("NFC", text)
    return " ".join("".join(" " if unicodedata.category(c).startswith("C") else c for c in normal).split())


def _text(value: str | date | Decimal) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:.1f}" if isinstance(value, Decimal) else one_line(value)


def raw_public(key: Ed25519PublicKey) -> bytes:
    """The 32 bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the raw public key."""
    return hashlib.sha256(raw_public(key)).hexdigest()[:16]


def sign(statement: Statement, key: Ed25519PrivateKey) -> str:
    """The signature as 86 characters of unpadded base64url."""
    return base64.urlsafe_b64encode(key.sign(statement.message())).decode().rstrip("=")


def proof_of(statement: Statement, signature: str, key: str) -> bytes:
    """The statement with its signature as one text file: what is attached to the PDF."""
    return statement.message() + f"key_id={key}\nsignature={signature}\n".encode()


def holds(statement: Statement, signature: str, key: Ed25519PublicKey) -> bool:
    """Whether the signature is the key's over exactly this statement."""
    try:
        key.verify(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)), statement.message())
    except (InvalidSignature, ValueError):
        return False
    return True
