"""X.509 certificates (RFC 5280), as far as the chain above a time-stamp needs them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from midun.lib.bundle.container import Unsound
from midun.lib.bundle.offline.curves import P256, P384, P521, Curve, ecdsa_holds, rsa_holds, sm2_holds
from midun.lib.bundle.offline.der import (
    BITS,
    BOOLEAN,
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    Der,
    read_whole,
    take_next,
    take_tag,
)

PEM_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+?)-----END CERTIFICATE-----")
MAX_CHAIN = 8
EC_KEY, RSA_KEY = "1.2.840.10045.2.1", "1.2.840.113549.1.1.1"
CURVES = {"1.2.840.10045.3.1.7": P256, "1.3.132.0.34": P384, "1.3.132.0.35": P521}
SM2_OID = "1.2.156.10197.1.301"
SIGNATURES = {
    "1.2.840.10045.4.3.2": ("ec", "sha256"),
    "1.2.840.10045.4.3.3": ("ec", "sha384"),
    "1.2.840.10045.4.3.4": ("ec", "sha512"),
    "1.2.840.10045.2.1": ("ec", ""),
    "1.2.840.113549.1.1.11": ("rsa", "sha256"),
    "1.2.840.113549.1.1.12": ("rsa", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa", "sha512"),
    "1.2.840.113549.1.1.1": ("rsa", ""),
    "1.2.156.10197.1.501": ("sm2", "sm3"),
    "1.2.156.10197.1.301": ("sm2", "sm3"),
    "1.2.156.10197.1.301.1": ("sm2", "sm3"),
}
"""Signature algorithm → kind of key, hash ("" where the hash is named beside it)."""
DIGESTS = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "1.2.156.10197.1.401": "sm3",
}
BASIC, KEY_USAGE, EXTENDED_USAGE, TIME_STAMPING = "2.5.29.19", "2.5.29.15", "2.5.29.37", "1.3.6.1.5.5.7.3.8"
KNOWN_CRITICAL = (BASIC, KEY_USAGE, EXTENDED_USAGE, "2.5.29.32", "2.5.29.17")
COMMON_NAME, ORGANISATION = "2.5.4.3", "2.5.4.10"


class PublicKey(NamedTuple):
    """A key: kind (ec, sm2, rsa), the point or b"", modulus and exponent or 0."""

    kind: str
    point: bytes
    modulus: int
    exponent: int
    curve: Curve = P256

    def holds(self, algorithm: str, digest_name: str, message: bytes, signature: bytes) -> bool:
        """Whether it is this key's signature. Raises `Unsound(token-algorithm)` for what is not supported."""
        kind, name = SIGNATURES.get(algorithm, ("", ""))
        name = name or digest_name
        if kind != self.kind or (kind != "sm2" and name not in ("sha256", "sha384", "sha512")):
            raise Unsound("token-algorithm", "", f"{algorithm} {name} with a key of kind {self.kind}")
        if kind == "rsa":
            return rsa_holds(self.modulus, self.exponent, name, hashlib.new(name, message).digest(), signature)
        try:
            pair = read_whole(signature).expect(SEQUENCE).parts()
            r, s = (part.number() for part in pair)
        except (Unsound, ValueError):
            return False
        if kind == "sm2":
            return sm2_holds(self.point, message, r, s)
        return ecdsa_holds(self.curve, self.point, hashlib.new(name, message).digest(), r, s)


class Certificate(NamedTuple):
    """What is needed of a certificate."""

    raw: bytes
    signed: bytes
    serial: int
    issuer: bytes
    subject: bytes
    name: str
    begins: int
    ends: int
    key: PublicKey
    extensions: dict[str, tuple[bool, bytes]]
    algorithm: str
    signature: bytes

    def signed_by(self, issuer: Certificate) -> bool:
        """Whether the issuer's key signed it."""
        return issuer.key.holds(self.algorithm, "", self.signed, self.signature)

    def authority(self) -> bool:
        """Whether it may issue certificates."""
        _critical, basic = self.extensions.get(BASIC, (False, b"\x30\x00"))
        fields = read_whole(basic).expect(SEQUENCE).parts()
        _critical, usage = self.extensions.get(KEY_USAGE, (False, b"\x03\x02\x02\x04"))
        bits = read_whole(usage).expect(BITS).body
        return bool(fields) and fields[0].raw == b"\1\1\xff" and len(bits) > 1 and bool(bits[1] & 4)

    def for_time_stamping(self) -> bool:
        """Whether its key serves time-stamping and nothing else, and says so critically (RFC 3161 §2.3)."""
        critical, usage = self.extensions.get(EXTENDED_USAGE, (False, b"\x30\x00"))
        return critical and [part.oid() for part in read_whole(usage).parts()] == [TIME_STAMPING]

    def strange(self) -> bool:
        """Whether it has a critical extension nobody here understands."""
        return any(critical and oid not in KNOWN_CRITICAL for oid, (critical, _value) in self.extensions.items())


def read_key(info: Der) -> PublicKey:
    """SubjectPublicKeyInfo. Raises `Unsound`: token-malformed, token-algorithm."""
    parts = info.expect(SEQUENCE).parts()
    algorithm, key = take_next(parts, SEQUENCE).parts(), take_next(parts, BITS).bits()
    kind = take_next(algorithm, OID).oid()
    if kind == RSA_KEY:
        numbers = read_whole(key).expect(SEQUENCE).parts()
        modulus, exponent = take_next(numbers, INTEGER).number(), take_next(numbers, INTEGER).number()
        return PublicKey("rsa", b"", modulus, exponent)
    curve = algorithm[0].oid() if kind == EC_KEY and algorithm and algorithm[0].tag == OID else ""
    if curve in CURVES:
        return PublicKey("ec", key, 0, 0, CURVES[curve])
    if curve == SM2_OID:
        return PublicKey("sm2", key, 0, 0)
    return PublicKey(f"{kind} {curve}", b"", 0, 0)


def display_name(name: Der) -> str:
    """The common name, else the organisation, else nothing."""
    found = {}
    for group in name.expect(SEQUENCE).parts():
        for pair in group.parts():
            parts = pair.parts()
            kind, text = take_next(parts, OID).oid(), parts.pop(0) if parts else None
            if text is not None:
                found[kind] = text.body.decode("utf-16-be" if text.tag == 0x1E else "utf-8", "replace")
    return found.get(COMMON_NAME) or found.get(ORGANISATION) or ""


def read_certificate(raw: bytes) -> Certificate:
    """A certificate. Raises `Unsound`: token-malformed, token-algorithm."""
    outer = read_whole(raw).expect(SEQUENCE).parts()
    signed = take_next(outer, SEQUENCE)
    algorithm = take_next(take_next(outer, SEQUENCE).parts(), OID).oid()
    signature = take_next(outer, BITS).bits()
    parts = signed.parts()
    take_tag(parts, 0xA0)
    serial = take_next(parts, INTEGER).number()
    if take_next(take_next(parts, SEQUENCE).parts(), OID).oid() != algorithm:
        raise Unsound("token-malformed", "", "two signature algorithms")
    issuer, validity, subject = (take_next(parts, SEQUENCE) for _field in range(3))
    times = validity.parts()
    if len(times) != 2:
        raise Unsound("token-malformed", "", "validity")
    key = read_key(take_next(parts, SEQUENCE))
    extensions: dict[str, tuple[bool, bytes]] = {}
    for part in parts:
        if part.tag == 0xA3:
            for item in read_whole(part.body).expect(SEQUENCE).parts():
                fields = item.parts()
                oid, critical = take_next(fields, OID).oid(), take_tag(fields, BOOLEAN)
                extensions[oid] = (critical is not None, take_next(fields, OCTETS).body)
    return Certificate(
        raw,
        signed.raw,
        serial,
        issuer.raw,
        subject.raw,
        display_name(subject),
        times[0].seconds(),
        times[1].seconds(),
        key,
        extensions,
        algorithm,
        signature,
    )


def read_pem(data: bytes) -> list[Certificate]:
    """All certificates of a PEM file, at most `MAX_CHAIN`. Raises `Unsound`."""
    blocks = PEM_BLOCK.findall(data)
    if len(blocks) > MAX_CHAIN:
        raise Unsound("token-malformed", "", f"{len(blocks)} certificates")
    try:
        return [read_certificate(base64.b64decode(re.sub(rb"[\r\n]", b"", block), validate=True)) for block in blocks]
    except binascii.Error as error:
        raise Unsound("token-malformed", "", "PEM") from error


def check_chain(signer: Certificate, others: list[Certificate], roots: list[Certificate], at: int) -> list[Certificate]:
    """Follow the issuers from the signer to one of the roots; gives all of them, the root last.

    Raises `Unsound`: token-expired, token-chain-untrusted, token-algorithm.
    """
    current, followed = signer, [signer]
    for _step in range(MAX_CHAIN):
        if not current.begins <= at <= current.ends:
            raise Unsound("token-expired", "", current.name)
        if current.strange():
            raise Unsound("token-chain-untrusted", "", f"{current.name}: unknown critical extension")
        if any(root.raw == current.raw for root in roots):
            return followed
        issuers = [c for c in [*roots, *others] if c.subject == current.issuer and c.authority()]
        holding = [c for c in issuers if current.signed_by(c)]
        if not holding:
            raise Unsound("token-chain-untrusted", "", current.name)
        if holding[0].raw == current.raw:
            raise Unsound("token-chain-untrusted", "", current.name)
        current = holding[0]
        followed.append(current)
    raise Unsound("token-chain-untrusted", "", "too long")
