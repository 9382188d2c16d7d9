"""Signing and checking a label: Ed25519 (RFC 8032) and SM2 with SM3 (GM/T 0003)."""

import base64
import binascii
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from midun.lib.marking.errors import Refused
from midun.lib.marking.label.canonical import MAX_BYTES, canonical, parse
from midun.lib.marking.label.model import Label, refuse
from midun.lib.sm import sm2

FORMAT = "midun-label/1"
MAX_SIGNATURES = 8
_HEAD = b"midun-label/v1"


class Algorithm(StrEnum):
    """Signature algorithms of the format."""

    ED25519 = "ed25519"
    SM2 = "sm2"


class Role(StrEnum):
    """In which capacity somebody signs."""

    AUTHOR = "author"
    APPROVER = "approver"


def signed_bytes(label: Label, role: Role, person: str) -> bytes:
    """What a signature is over: format, role, person, canonical label, parted by newlines."""
    return b"\n".join((_HEAD, role.encode(), person.encode(), label.canonical))


@dataclass(frozen=True)
class SigningKey:
    """A private key of 32 bytes: the Ed25519 seed, or the SM2 number d."""

    algorithm: Algorithm
    private: bytes = field(repr=False)

    @classmethod
    def new(cls, algorithm: Algorithm = Algorithm.ED25519) -> Self:
        """A fresh key from the system's random source."""
        if algorithm is Algorithm.SM2:
            return cls(algorithm, sm2.generate())
        return cls(algorithm, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> bytes:
        """32 bytes (Ed25519) or 65 (SM2, 0x04 ‖ x ‖ y)."""
        if self.algorithm is Algorithm.SM2:
            return sm2.public_key(self.private)
        return Ed25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        if self.algorithm is Algorithm.SM2:
            return sm2.sign(self.private, self.public, message)
        return Ed25519PrivateKey.from_private_bytes(self.private).sign(message)


@dataclass(frozen=True)
class Signature:
    """One person's signature of a label."""

    role: Role
    person: str
    algorithm: Algorithm
    key: bytes
    value: bytes

    @classmethod
    def make(cls, label: Label, key: SigningKey, *, person: str, role: Role = Role.AUTHOR) -> Self:
        """Sign the label in that capacity."""
        return cls(role, person, key.algorithm, key.public, key.sign(signed_bytes(label, role, person)))

    def holds(self, label: Label) -> bool:
        """Whether it is this key's signature of this label."""
        message = signed_bytes(label, self.role, self.person)
        if self.algorithm is Algorithm.SM2:
            return sm2.is_public_key(self.key) and sm2.verify(self.key, message, self.value)
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(self.value, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SignedLabel:
    """A label and its signatures: the envelope that stands in a file. Reading it does not yet verify it."""

    label: Label
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """The envelope as canonical JSON.

        Raises:
            Refused: LABEL, more than 64 KiB.

        """
        data = canonical(
            {
                "format": FORMAT,
                "label": self.label.as_json(),
                "signatures": [
                    {
                        "role": str(one.role),
                        "person": one.person,
                        "algorithm": str(one.algorithm),
                        "key": base64.b64encode(one.key).decode(),
                        "signature": base64.b64encode(one.value).decode(),
                    }
                    for one in self.signatures
                ],
            }
        )
        if len(data) > MAX_BYTES:
            raise refuse("密级标识超过 64 KiB，请缩短知悉范围或备注。")
        return data

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read an envelope.

        Raises:
            Refused: LABEL.

        """
        value = parse(data)
        if not isinstance(value, dict) or set(value) != {"format", "label", "signatures"} or value["format"] != FORMAT:
            raise refuse("不是 midun-label/1 格式的密级标识。")
        signatures = value["signatures"]
        if not isinstance(signatures, list) or not 1 <= len(signatures) <= MAX_SIGNATURES:
            raise refuse("密级标识须有 1 到 8 个签名。")
        return cls(Label.from_json(value["label"]), tuple(_signature(one) for one in signatures))

    def signatures_hold(self) -> bool:
        """Whether every signature holds, an author signed, and a weakening has its second signer with another key."""
        if not all(one.holds(self.label) for one in self.signatures):
            return False
        authors = {(one.person, one.key) for one in self.signatures if one.role is Role.AUTHOR}
        change = self.label.change
        if change is None:
            return bool(authors)
        decided = {key for person, key in authors if person == change.decided_by}
        approved = {
            one.key for one in self.signatures if one.role is Role.APPROVER and one.person == change.approved_by
        }
        return bool(decided) and bool(approved) and not decided & approved

    def trusted(self, keys: Collection[bytes]) -> bool:
        """Whether every signing key is among `keys`, the public keys the reader trusts."""
        return all(one.key in keys for one in self.signatures)


def _signature(value: Any) -> Signature:
    try:
        if set(value) != {"role", "person", "algorithm", "key", "signature"} or not isinstance(value["person"], str):
            raise refuse("密级标识的签名不符合格式。")
        return Signature(
            Role(value["role"]),
            value["person"],
            Algorithm(value["algorithm"]),
            base64.b64decode(value["key"], validate=True),
            base64.b64decode(value["signature"], validate=True),
        )
    except (TypeError, ValueError, binascii.Error) as error:
        if isinstance(error, Refused):
            raise
        raise refuse("密级标识的签名不符合格式。") from error
