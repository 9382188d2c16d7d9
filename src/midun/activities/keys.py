"""The platform's key for certificates: one file under `MIDUN_HOME/keys`, made when first needed, never overwritten."""

import os
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

NAME = "certificate-ed25519.pem"


class WrongKey(Exception):
    """The key file holds something else than an Ed25519 key."""


def key_path() -> Path:
    """Where the key lies."""
    return Path(settings.MIDUN_HOME) / "keys" / NAME


def private_key() -> Ed25519PrivateKey:
    """The key; made once, readable by its owner only. Two processes that make it at once end up with the same one."""
    path = key_path()
    if not path.exists():
        _make(path)
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise WrongKey(path.name)
    return key


def public_key() -> Ed25519PublicKey | None:
    """The public half; None before the first certificate."""
    return private_key().public_key() if key_path().exists() else None


def public_pem(key: Ed25519PublicKey) -> str:
    """The public key as PEM, as OpenSSL reads it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    draft = path.with_name(f".{NAME}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link, unlike a rename, fails when somebody else was first.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
