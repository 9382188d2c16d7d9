"""Private keys of a development authority and of its certificates: P-256, RSA 3072 or SM2, kept as PKCS #8 in PEM."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from midun.lib.sm import sm2
from midun.lib.timestamp import der
from midun.lib.timestamp.algorithms import (
    EC_KEY,
    ECDSA_SHA256,
    RSA_SHA256,
    SHA256,
    SM2_CURVE,
    SM2_SM3,
    SM3,
    Digest,
)
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.pem import from_pem, to_pem

_RSA_BITS = 3072
_LABEL = "PRIVATE KEY"


class KeyKind(StrEnum):
    """The kinds of key a development authority can have."""

    P256 = "p-256"
    RSA = "rsa"
    SM2 = "sm2"


@dataclass(frozen=True)
class PrivateKey:
    """A private key: its kind and its number or structure. Never printed."""

    kind: KeyKind
    key: "ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | bytes" = field(repr=False)

    @classmethod
    def generate(cls, kind: KeyKind) -> Self:
        """A new key."""
        if kind is KeyKind.SM2:
            return cls(kind, sm2.generate())
        if kind is KeyKind.RSA:
            return cls(kind, rsa.generate_private_key(65537, _RSA_BITS))
        return cls(kind, ec.generate_private_key(ec.SECP256R1()))

    @property
    def digest(self) -> Digest:
        """The hash function that goes with the key."""
        return SM3 if self.kind is KeyKind.SM2 else SHA256

    @property
    def algorithm(self) -> bytes:
        """The AlgorithmIdentifier of its signatures."""
        if self.kind is KeyKind.RSA:
            return der.sequence(der.oid(RSA_SHA256), der.null())
        return der.sequence(der.oid(SM2_SM3 if self.kind is KeyKind.SM2 else ECDSA_SHA256))

    @property
    def public_info(self) -> bytes:
        """The SubjectPublicKeyInfo."""
        if isinstance(self.key, bytes):
            return der.sequence(_sm2_algorithm(), der.bits(sm2.public_key(self.key)))
        return self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, message: bytes) -> bytes:
        """The signature as it stands in certificates and CMS."""
        if isinstance(self.key, bytes):
            raw = sm2.sign(self.key, sm2.public_key(self.key), message)
            half = len(raw) // 2
            return der.sequence(*(der.integer(int.from_bytes(part, "big")) for part in (raw[:half], raw[half:])))
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))

    def pem(self) -> str:
        """PKCS #8 without a password, for a file only its owner may read."""
        if isinstance(self.key, bytes):
            public = der.encode(der.context(1), der.bits(sm2.public_key(self.key)))
            inner = der.sequence(der.integer(1), der.octets(self.key), public)
            return to_pem(_LABEL, der.sequence(der.integer(0), _sm2_algorithm(), der.octets(inner)))
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @classmethod
    def from_pem(cls, text: str) -> Self:
        """Read what `pem` wrote. Raises `Refused(DER_MALFORMED)`."""
        [data, *_more] = from_pem(_LABEL, text) or [b""]
        fields = der.parse(data, 1 << 14).fields()
        fields.take(der.INTEGER)
        if fields.take(der.SEQUENCE).raw == _sm2_algorithm():
            inner = der.parse(fields.take(der.OCTET_STRING).body, 1 << 10).fields()
            inner.take(der.INTEGER)
            return cls(KeyKind.SM2, inner.take(der.OCTET_STRING).body)
        key = serialization.load_der_private_key(data, None)
        if isinstance(key, rsa.RSAPrivateKey):
            return cls(KeyKind.RSA, key)
        if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
            return cls(KeyKind.P256, key)
        raise Refused(Reason.ALGORITHM_UNKNOWN, type(key).__name__)


def _sm2_algorithm() -> bytes:
    return der.sequence(der.oid(EC_KEY), der.oid(SM2_CURVE))
