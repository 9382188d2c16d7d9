"""Time-stamp responses (RFC 3161, RFC 5816) in CMS (RFC 5652), signed with P-256, RSA or SM2."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from midun.lib.bundle.container import Unsound
from midun.lib.bundle.offline.certificates import DIGESTS, Certificate, check_chain, read_certificate, read_pem
from midun.lib.bundle.offline.der import (
    GENERALIZED_TIME,
    INTEGER,
    OCTETS,
    OID,
    SEQUENCE,
    SET,
    Der,
    algorithm_of,
    nothing_left,
    read_whole,
    take_next,
    take_tag,
)
from midun.lib.bundle.offline.sm3 import sm3_of

SIGNED_DATA = ("1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2")
"""id-signedData of CMS, and that of GM/T 0010."""
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE_V2, SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47", "1.2.840.113549.1.9.16.2.12"


class Stamped(NamedTuple):
    """What a valid time-stamp says, in seconds since 1970; `ends` is until when all its certificates are valid."""

    at: int
    name: str
    policy: str
    root_sha256: str
    ends: int


class TstInfo(NamedTuple):
    """The signed statement."""

    policy: str
    digest_name: str
    imprint: bytes
    at: int


def digest_of(name: str, data: bytes) -> bytes:
    """A digest by its name."""
    return sm3_of(data) if name == "sm3" else hashlib.new(name, data).digest()


def digest_named(algorithm: Der) -> str:
    """The name of a digest algorithm. Raises `Unsound(token-algorithm)`."""
    oid = algorithm_of(algorithm)
    if oid not in DIGESTS:
        raise Unsound("token-algorithm", "", f"digest {oid}")
    return DIGESTS[oid]


def read_info(data: bytes) -> TstInfo:
    """TSTInfo (RFC 3161 §2.4.2)."""
    parts = read_whole(data).expect(SEQUENCE).parts()
    if take_next(parts, INTEGER).number() != 1:
        raise Unsound("token-malformed", "", "version of TSTInfo")
    policy = take_next(parts, OID).oid()
    imprint = take_next(parts, SEQUENCE).parts()
    name = digest_named(take_next(imprint, SEQUENCE))
    value = take_next(imprint, OCTETS).body
    nothing_left(imprint)
    take_next(parts, INTEGER).number()
    return TstInfo(policy, name, value, take_next(parts, GENERALIZED_TIME).seconds())


def attributes_of(signed: Der) -> dict[str, Der]:
    """The signed attributes, each with its one value."""
    found: dict[str, Der] = {}
    for attribute in signed.parts():
        fields = attribute.parts()
        oid, values = take_next(fields, OID).oid(), take_next(fields, SET).parts()
        if oid in found or len(values) != 1:
            raise Unsound("token-malformed", "", f"attribute {oid}")
        found[oid] = values[0]
    return found


def names_signer(attributes: dict[str, Der], signer: Certificate) -> bool:
    """Whether the signed attributes name this certificate by its hash (RFC 5816; RFC 2634 with SHA-1)."""
    newer, name = attributes.get(SIGNING_CERTIFICATE_V2), "sha256"
    chosen = newer or attributes.get(SIGNING_CERTIFICATE)
    if chosen is None:
        return False
    fields = take_next(take_next(chosen.parts(), SEQUENCE).parts(), SEQUENCE).parts()
    if newer is None:
        name = "sha1"
    elif fields and fields[0].tag == SEQUENCE:
        name = digest_named(fields.pop(0))
    return take_next(fields, OCTETS).body == digest_of(name, signer.raw)


def find_signer(chooser: Der, pool: list[Certificate]) -> Certificate:
    """The certificate a SignerInfo means. Raises `Unsound(token-certificate-wrong)`."""
    if chooser.tag == SEQUENCE:
        parts = chooser.parts()
        issuer, serial = take_next(parts, SEQUENCE).raw, take_next(parts, INTEGER).number()
        nothing_left(parts)
        for certificate in pool:
            if certificate.issuer == issuer and certificate.serial == serial:
                return certificate
    elif chooser.tag == 0x80:
        for certificate in pool:
            _critical, value = certificate.extensions.get("2.5.29.14", (False, b""))
            if value[2:] == chooser.body:
                return certificate
    raise Unsound("token-certificate-wrong", "", "the signer's certificate is not there")


RENEWAL_MAGIC = b"midun-timestamp-renewal/1\n"


def token_in(response: bytes) -> bytes:
    """The token inside a TimeStampResp. Raises `Unsound`: token-malformed, token-refused."""
    outer = read_whole(response).expect(SEQUENCE).parts()
    status = take_next(take_next(outer, SEQUENCE).parts(), INTEGER).number()
    if status not in (0, 1):
        raise Unsound("token-refused", "", f"status {status}")
    token = take_next(outer, SEQUENCE).raw
    if outer:
        raise Unsound("token-malformed", "", "bytes behind the token")
    return token


def stamped_bytes(text: bytes, before: list[bytes]) -> bytes:
    """What a token stamps: the text if it is the first of its chain, else the text and the tokens before it."""
    if not before:
        return text
    return RENEWAL_MAGIC + b"".join(len(part).to_bytes(8, "big") + part for part in [text, *before])


def begins_chain(token: bytes, text: bytes) -> bool:
    """Whether a token stamps the text itself, and so begins a chain."""
    info = read_info(statement_of(signed_data_of(token)))
    return info.imprint == digest_of(info.digest_name, text)


def statement_of(fields: list[Der]) -> bytes:
    """Take the statement out of the fields of SignedData."""
    inner = take_next(fields, SEQUENCE).parts()
    if take_next(inner, OID).oid() != TST_INFO:
        raise Unsound("token-malformed", "", "not TSTInfo")
    content = read_whole(take_next(inner, 0xA0).body).expect(OCTETS).body
    nothing_left(inner)
    return content


def signed_data_of(token: bytes) -> list[Der]:
    """The fields of a token's SignedData from the content on. Raises `Unsound(token-malformed)`."""
    content = read_whole(token).expect(SEQUENCE).parts()
    if take_next(content, OID).oid() not in SIGNED_DATA:
        raise Unsound("token-malformed", "", "not SignedData")
    fields = read_whole(take_next(content, 0xA0).body).expect(SEQUENCE).parts()
    nothing_left(content)
    if take_next(fields, INTEGER).number() not in (1, 3):
        raise Unsound("token-malformed", "", "version")
    for part in take_next(fields, SET).parts():
        algorithm_of(part)
    return fields


def check_token(token: bytes, chain: bytes, text: bytes, roots: bytes | None) -> Stamped:
    """Check a time-stamp of what `stamped_bytes` gives.

    `chain` is PEM; `roots` (PEM) are trusted, or else the self-signed of the chain.

    Raises `Unsound` with a code that begins with "token-".
    """
    fields = signed_data_of(token)
    content = statement_of(fields)
    info = read_info(content)
    held = take_tag(fields, 0xA0)
    take_tag(fields, 0xA1)
    signers = take_next(fields, SET).parts()
    if len(signers) != 1 or fields:
        raise Unsound("token-malformed", "", "one signer expected")
    if info.imprint != digest_of(info.digest_name, text):
        raise Unsound("token-imprint-wrong")
    pool = [read_certificate(part.raw) for part in (held.parts() if held else [])]
    given = read_pem(chain)
    signer = check_signer(signers[0].parts(), content, [*pool, *given])
    trusted = [c for c in given if c.issuer == c.subject] if roots is None else read_pem(roots)
    followed = check_chain(signer, [*pool, *given], trusted, info.at)
    ends = min(certificate.ends for certificate in followed)
    return Stamped(info.at, signer.name, info.policy, hashlib.sha256(followed[-1].raw).hexdigest(), ends)


def check_signer(parts: list[Der], content: bytes, pool: list[Certificate]) -> Certificate:
    """Check a SignerInfo over the content; gives the signer's certificate."""
    version = take_next(parts, INTEGER).number()
    if not parts or version != (1 if parts[0].tag == SEQUENCE else 3):
        raise Unsound("token-malformed", "", "SignerInfo")
    signer = find_signer(parts.pop(0), pool)
    digest_name = digest_named(take_next(parts, SEQUENCE))
    signed = take_next(parts, 0xA0)
    algorithm = algorithm_of(take_next(parts, SEQUENCE))
    signature = take_next(parts, OCTETS).body
    take_tag(parts, 0xA1)
    nothing_left(parts)
    attributes = attributes_of(signed)
    kind, digest = attributes.get(CONTENT_TYPE), attributes.get(MESSAGE_DIGEST)
    if kind is None or digest is None or kind.oid() != TST_INFO:
        raise Unsound("token-malformed", "", "signed attributes")
    if digest.expect(OCTETS).body != digest_of(digest_name, content):
        raise Unsound("token-signature-invalid", "", "message digest")
    if not signer.key.holds(algorithm, digest_name, b"\x31" + signed.raw[1:], signature):
        raise Unsound("token-signature-invalid")
    if not signer.for_time_stamping() or not names_signer(attributes, signer):
        raise Unsound("token-certificate-wrong", "", signer.name)
    return signer
