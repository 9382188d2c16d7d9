"""Keys of notes: the text form of keys, the four signature types, signers (C2SP signed-note, tlog-cosignature)."""

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from midun.lib.sm import sm2
from midun.lib.tlog.checkpoint import Checkpoint, parse_checkpoint
from midun.lib.tlog.encoding import MAX_NUMBER, from_base64, to_base64
from midun.lib.tlog.errors import Reason, Refused

_TIME_BYTES = 8
_SEED_BYTES = 32
_MAX_NAME = 255
_PRIVATE = "PRIVATE+KEY+"


class Algorithm(Enum):
    """A signature type: its bytes in key IDs and keys, the sizes of key and signature, whether it has a time."""

    ED25519 = (b"\x01", 32, 64, False)
    ED25519_COSIGNATURE = (b"\x04", 32, 64, True)
    MLDSA44_COSIGNATURE = (b"\x06", 1312, 2420, True)
    SM2 = (b"\xffmidun/sm2-sm3/v1", sm2.PUBLIC_BYTES, sm2.SIGNATURE_BYTES, False)

    def __init__(self, type_bytes: bytes, public_bytes: int, signature_bytes: int, timed: bool) -> None:
        self.type_bytes = type_bytes
        self.public_bytes = public_bytes
        self.signature_bytes = signature_bytes
        self.timed = timed


def valid_name(name: str) -> bool:
    """Whether it can name a key: 1 to 255 bytes of UTF-8, no Unicode space, no plus, no control character."""
    clean = not any(character.isspace() or character < " " or character == "+" for character in name)
    return clean and 0 < len(name.encode()) <= _MAX_NAME


def cosigned_message(name: str, at: int, checkpoint: Checkpoint) -> bytes:
    """What an ML-DSA-44 cosignature of a whole tree signs (C2SP tlog-cosignature, `cosigned_message`)."""
    origin = checkpoint.origin.encode()
    if len(origin) > _MAX_NAME:
        raise Refused(Reason.CHECKPOINT_MALFORMED, "origin of more than 255 bytes")
    cosigner = name.encode()
    return b"".join(
        (
            b"subtree/v1\n\0",
            bytes([len(cosigner)]) + cosigner,
            at.to_bytes(8, "big"),
            bytes([len(origin)]) + origin,
            bytes(8) + checkpoint.size.to_bytes(8, "big"),
            checkpoint.root,
        )
    )


def _signed_bytes(algorithm: Algorithm, name: str, at: int, text: str) -> bytes:
    if algorithm is Algorithm.MLDSA44_COSIGNATURE:
        return cosigned_message(name, at, parse_checkpoint(text))
    if algorithm is Algorithm.ED25519_COSIGNATURE:
        return f"cosignature/v1\ntime {at}\n{text}".encode()
    return text.encode()


@dataclass(frozen=True)
class Verifier:
    """A public key under a name. Equal keys are equal verifiers."""

    name: str
    algorithm: Algorithm
    public: bytes

    def __post_init__(self) -> None:
        if not valid_name(self.name) or len(self.public) != self.algorithm.public_bytes:
            raise Refused(Reason.KEY_MALFORMED, self.name[:80])
        if self.algorithm is Algorithm.SM2 and not sm2.is_public_key(self.public):
            raise Refused(Reason.KEY_MALFORMED, f"{self.name[:80]}: not a point of the curve")

    @cached_property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key)."""
        kind = self.algorithm.type_bytes
        return hashlib.sha256(self.name.encode() + b"\n" + kind + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The text form: name+id+base64."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(self.algorithm.type_bytes + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read the text form. Raises `Refused`: KEY_MALFORMED, KEY_UNKNOWN_TYPE."""
        parts = vkey.split("+", 2)
        if len(parts) != 3:  # noqa: PLR2004  # name, ID, key
            raise Refused(Reason.KEY_MALFORMED, vkey[:80])
        algorithm, public = _typed(from_base64(parts[2], Reason.KEY_MALFORMED))
        verifier = cls(parts[0], algorithm, public)
        if verifier.key_id.hex() != parts[1]:
            raise Refused(Reason.KEY_MALFORMED, f"{parts[0]}: key ID {parts[1]} is not {verifier.key_id.hex()}")
        return verifier

    def verify(self, text: str, signature: bytes) -> int:
        """Check a signature (without its key ID) of a note text; gives its time in seconds, 0 for untimed types.

        Raises `Refused`: SIGNATURE_INVALID, TIME_INVALID, and for ML-DSA what `parse_checkpoint` raises.
        """
        head = _TIME_BYTES if self.algorithm.timed else 0
        if len(signature) != head + self.algorithm.signature_bytes:
            raise Refused(Reason.SIGNATURE_INVALID, f"{self.name}: {len(signature)} bytes")
        at = int.from_bytes(signature[:head], "big")
        if at > MAX_NUMBER:
            raise Refused(Reason.TIME_INVALID, f"{self.name}: {at}")
        message = _signed_bytes(self.algorithm, self.name, at, text)
        if not self._holds(message, signature[head:]):
            raise Refused(Reason.SIGNATURE_INVALID, f"{self.name}+{self.key_id.hex()}")
        return at

    def _holds(self, message: bytes, signature: bytes) -> bool:
        if self.algorithm is Algorithm.SM2:
            return sm2.verify(self.public, message, signature)
        try:
            if self.algorithm is Algorithm.MLDSA44_COSIGNATURE:
                MLDSA44PublicKey.from_public_bytes(self.public).verify(signature, message)
            else:
                Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        except UnsupportedAlgorithm as error:
            raise Refused(Reason.KEY_UNKNOWN_TYPE, f"{self.name}: not supported by this OpenSSL") from error
        return True


def _typed(data: bytes) -> tuple[Algorithm, bytes]:
    for algorithm in Algorithm:
        if data.startswith(algorithm.type_bytes):
            return algorithm, data[len(algorithm.type_bytes) :]
    raise Refused(Reason.KEY_UNKNOWN_TYPE, f"type {data[:1].hex() or 'none'}")


@dataclass(frozen=True)
class Signer:
    """A private key under a name: the 32-byte seed (Ed25519, ML-DSA-44) or number (SM2). Never printed."""

    name: str
    algorithm: Algorithm
    private: bytes = field(repr=False)

    @classmethod
    def parse(cls, skey: str) -> Self:
        """Read `PRIVATE+KEY+name+id+base64`, the form of golang.org/x/mod/sumdb/note. Raises as `Verifier.parse`."""
        if not skey.startswith(_PRIVATE):
            raise Refused(Reason.KEY_MALFORMED, "not a private key")
        parts = skey.removeprefix(_PRIVATE).split("+", 2)
        if len(parts) != 3:  # noqa: PLR2004  # name, ID, key
            raise Refused(Reason.KEY_MALFORMED, "not a private key")
        algorithm, private = _typed(from_base64(parts[2], Reason.KEY_MALFORMED))
        if len(private) != _SEED_BYTES:
            raise Refused(Reason.KEY_MALFORMED, f"{parts[0]}: not a private key")
        signer = cls(parts[0], algorithm, private)
        if signer.verifier.key_id.hex() != parts[1]:
            raise Refused(Reason.KEY_MALFORMED, f"{parts[0]}: key ID does not fit")
        return signer

    @classmethod
    def generate(cls, name: str, algorithm: Algorithm) -> Self:
        """A new key."""
        if algorithm is Algorithm.SM2:
            return cls(name, algorithm, sm2.generate())
        if algorithm is Algorithm.MLDSA44_COSIGNATURE:
            return cls(name, algorithm, MLDSA44PrivateKey.generate().private_bytes_raw())
        return cls(name, algorithm, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def skey(self) -> str:
        """The text form of the private key, for a key file."""
        key = to_base64(self.algorithm.type_bytes + self.private)
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{key}"

    @cached_property
    def verifier(self) -> Verifier:
        """The public key. Raises `Refused(KEY_MALFORMED)` for a number that is no private key."""
        try:
            return Verifier(self.name, self.algorithm, self._public())
        except ValueError as error:
            raise Refused(Reason.KEY_MALFORMED, self.name[:80]) from error

    def _public(self) -> bytes:
        if self.algorithm is Algorithm.SM2:
            return sm2.public_key(self.private)
        if self.algorithm is Algorithm.MLDSA44_COSIGNATURE:
            return MLDSA44PrivateKey.from_seed_bytes(self.private).public_key().public_bytes_raw()
        return Ed25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()

    def sign(self, text: str, at: int) -> bytes:
        """The signature (without key ID) of a note text; `at` in seconds since 1970 stands in timed types only.

        Raises `Refused(TIME_INVALID)` for a timed type and a time that is not positive.
        """
        if self.algorithm.timed and not 0 < at <= MAX_NUMBER:
            raise Refused(Reason.TIME_INVALID, str(at))
        message = _signed_bytes(self.algorithm, self.name, at, text)
        if self.algorithm is Algorithm.SM2:
            signature = sm2.sign(self.private, self.verifier.public, message)
        elif self.algorithm is Algorithm.MLDSA44_COSIGNATURE:
            signature = MLDSA44PrivateKey.from_seed_bytes(self.private).sign(message)
        else:
            signature = Ed25519PrivateKey.from_private_bytes(self.private).sign(message)
        return (at.to_bytes(_TIME_BYTES, "big") if self.algorithm.timed else b"") + signature
