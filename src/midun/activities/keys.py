"""The platform's key for certificates: one file under `MIDUN_HOME/keys`, made when first needed, never overwritten."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from django.conf import settings

from midun.kernel.files.keyfile import kept

NAME = "certificate-ed25519.pem"


class WrongKey(Exception):
    """The key file holds something else than an Ed25519 key."""


def key_path() -> Path:
    """Where the key lies."""
    return Path(settings.MIDUN_HOME) / "keys" / NAME


def private_key() -> Ed25519PrivateKey:
    """The key; made once, readable by its owner only. Two processes that make it at once end up with the same one."""
    path = key_path()
    key = load_pem_private_key(kept(path, _make), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise WrongKey(path.name)
    return key


def public_key() -> Ed25519PublicKey | None:
    """The public half; None before the first certificate."""
    return private_key().public_key() if key_path().exists() else None


def public_pem(key: Ed25519PublicKey) -> str:
    """The public key as PEM, as OpenSSL reads it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _make() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
