"""The algorithms of time-stamps: digests, keys and signatures, under their object identifiers and short names."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from midun.lib.sm import sm2
from midun.lib.sm.sm3 import sm3
from midun.lib.timestamp import der
from midun.lib.timestamp.der import Value
from midun.lib.timestamp.errors import Reason, Refused

EC_KEY, SM2_CURVE, RSA_KEY = "1.2.840.10045.2.1", "1.2.156.10197.1.301", "1.2.840.113549.1.1.1"
SM2_SM3 = "1.2.156.10197.1.501"
"""Signature by SM2 with SM3 (GM/T 0006)."""
SM2_SIGN = "1.2.156.10197.1.301.1"
"""The same in GM/T 0010's SignedData, whose digest algorithm stands beside it."""
_MIN_RSA_BITS = 2048
_SCALAR = 32


@dataclass(frozen=True)
class Digest:
    """A hash function: its short name, identifier, size in bytes, and how to compute it."""

    name: str
    oid: str
    size: int
    of: Callable[[bytes], bytes]
    hash: hashes.HashAlgorithm | None


def _hashlib(name: str) -> Callable[[bytes], bytes]:
    return lambda data: hashlib.new(name, data).digest()


SHA256 = Digest("sha256", "2.16.840.1.101.3.4.2.1", 32, _hashlib("sha256"), hashes.SHA256())
SHA384 = Digest("sha384", "2.16.840.1.101.3.4.2.2", 48, _hashlib("sha384"), hashes.SHA384())
SHA512 = Digest("sha512", "2.16.840.1.101.3.4.2.3", 64, _hashlib("sha512"), hashes.SHA512())
SM3 = Digest("sm3", "1.2.156.10197.1.401", 32, sm3, None)
DIGESTS = {digest.oid: digest for digest in (SHA256, SHA384, SHA512, SM3)}
"""SHA-1 and older are not among them: tokens that rest on these are refused."""

_RSA = {
    "1.2.840.113549.1.1.11": SHA256,
    "1.2.840.113549.1.1.12": SHA384,
    "1.2.840.113549.1.1.13": SHA512,
}
_ECDSA = {"1.2.840.10045.4.3.2": SHA256, "1.2.840.10045.4.3.3": SHA384, "1.2.840.10045.4.3.4": SHA512}
ECDSA_SHA256, RSA_SHA256 = "1.2.840.10045.4.3.2", "1.2.840.113549.1.1.11"


def identifier(value: Value) -> str:
    """The OID of an AlgorithmIdentifier whose parameters are absent or NULL. Raises `Refused`."""
    fields = value.fields()
    found = fields.take(der.OID).oid()
    parameters = fields.optional(der.NULL)
    if parameters is not None and parameters.body:
        raise der.malformed("NULL with contents")
    fields.end()
    return found


def digest_of(value: Value) -> Digest:
    """The hash function an AlgorithmIdentifier names. Raises `Refused`: ALGORITHM_UNKNOWN, DER_MALFORMED."""
    return digest_named(identifier(value))


def digest_named(oid: str) -> Digest:
    """The hash function of this OID. Raises `Refused(ALGORITHM_UNKNOWN)`."""
    found = DIGESTS.get(oid)
    if found is None:
        raise Refused(Reason.ALGORITHM_UNKNOWN, f"digest {oid}")
    return found


@dataclass(frozen=True)
class PublicKey:
    """A key of a certificate: `kind` is "rsa", "ecdsa" or "sm2"."""

    kind: str
    name: str
    key: "rsa.RSAPublicKey | ec.EllipticCurvePublicKey | bytes"

    @classmethod
    def parse(cls, spki: Value) -> "PublicKey":
        """Read a SubjectPublicKeyInfo. Raises `Refused`: ALGORITHM_UNKNOWN, CERTIFICATE_MALFORMED, DER_MALFORMED."""
        fields = spki.fields()
        algorithm, (point, unused) = fields.take(der.SEQUENCE).fields(), fields.take(der.BIT_STRING).bits()
        fields.end()
        algorithm.take(der.OID)
        parameters = algorithm.optional(der.OID)
        if parameters is not None and parameters.oid() == SM2_CURVE:
            if unused or not sm2.is_public_key(point):
                raise Refused(Reason.CERTIFICATE_MALFORMED, "not a point of the curve SM2")
            return cls("sm2", "sm2", point)
        try:
            key = load_der_public_key(spki.raw)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise Refused(Reason.CERTIFICATE_MALFORMED, f"public key: {error}") from error
        if isinstance(key, rsa.RSAPublicKey):
            if key.key_size < _MIN_RSA_BITS:
                raise Refused(Reason.ALGORITHM_UNKNOWN, f"RSA with {key.key_size} bits")
            return cls("rsa", f"rsa-{key.key_size}", key)
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in ("secp256r1", "secp384r1", "secp521r1"):
            return cls("ecdsa", f"p-{key.curve.key_size}", key)
        raise Refused(Reason.ALGORITHM_UNKNOWN, type(key).__name__)

    def verify(self, algorithm: str, digest: Digest | None, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is the key's signature of `message` under the signature algorithm of this OID.

        `digest` stands for algorithms that name none (rsaEncryption and SM2 in CMS). Raises
        `Refused(ALGORITHM_UNKNOWN)` for an algorithm that does not go with the key.
        """
        if self.kind == "sm2" and algorithm in (SM2_SM3, SM2_SIGN, EC_KEY) and digest in (None, SM3):
            raw = _raw_signature(signature)
            return raw is not None and isinstance(self.key, bytes) and sm2.verify(self.key, message, raw)
        own = {**_RSA, RSA_KEY: digest} if self.kind == "rsa" else _ECDSA if self.kind == "ecdsa" else {}
        used = own.get(algorithm)
        if used is None or used.hash is None or digest not in (None, used):
            raise Refused(
                Reason.ALGORITHM_UNKNOWN, f"signature {algorithm} with {digest and digest.name} by {self.name}"
            )
        try:
            if isinstance(self.key, rsa.RSAPublicKey):
                self.key.verify(signature, message, padding.PKCS1v15(), used.hash)
            elif isinstance(self.key, ec.EllipticCurvePublicKey):
                self.key.verify(signature, message, ec.ECDSA(used.hash))
        except InvalidSignature:
            return False
        return True


def _raw_signature(signature: bytes) -> bytes | None:
    """The r ‖ s of SEQUENCE { r, s }; None if it is none."""
    try:
        fields = der.parse(signature, 80).fields()
        r, s = fields.take(der.INTEGER).integer(), fields.take(der.INTEGER).integer()
        fields.end()
        return r.to_bytes(_SCALAR, "big") + s.to_bytes(_SCALAR, "big")
    except (Refused, OverflowError):
        return None
