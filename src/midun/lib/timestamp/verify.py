"""Verifying a token offline: it stamps these bytes, its signature holds, and its signer leads to a trusted root."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from midun.lib.timestamp import der
from midun.lib.timestamp.algorithms import SHA256, digest_of
from midun.lib.timestamp.certificate import Certificate
from midun.lib.timestamp.chain import chain_of
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.token import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_CERTIFICATE,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
    Info,
    Token,
    parse_token,
)

_DIRECTORY_NAME = der.context(4)


@dataclass(frozen=True)
class Stamp:
    """A token that holds: its statement, and the chain from the signing certificate to the trusted root."""

    token: Token
    chain: tuple[Certificate, ...]

    @property
    def info(self) -> Info:
        """The statement."""
        return self.token.info

    @property
    def algorithms(self) -> frozenset[str]:
        """Short names of every digest and key the token's force rests on, such as "sha256", "p-256", "sm2"."""
        keys = {certificate.key.name for certificate in self.chain}
        return frozenset({self.info.imprint.algorithm.name, self.token.signer.digest.name} | keys)

    @property
    def valid_until(self) -> datetime:
        """When the first certificate of the chain expires: renew before."""
        return min(certificate.not_after for certificate in self.chain)

    def require_valid(self, at: datetime) -> None:
        """All certificates are valid at `at`. Raises `Refused(CERTIFICATE_TIME)`."""
        for certificate in self.chain:
            certificate.require_valid(at)


def verify_token(
    data: bytes,
    stamped: bytes,
    *,
    roots: Iterable[Certificate],
    more: Iterable[Certificate] = (),
    policies: Iterable[str] = (),
    nonce: int | None = None,
) -> Stamp:
    """Check a token (DER) over the bytes `stamped`; certificates are judged at the time the token states.

    `roots` are trusted, `more` are intermediates from elsewhere, `policies` those allowed (none: any), `nonce` what the
    request said (None: do not compare). Raises `Refused`: what `parse_token` and `chain_of` raise, IMPRINT_WRONG,
    SIGNATURE_WRONG, SIGNER_MISSING, SIGNER_WRONG, CERTIFICATE_PURPOSE, NONCE_WRONG, POLICY_WRONG.
    """
    token = parse_token(data)
    info = token.info
    if info.imprint.algorithm.of(stamped) != info.imprint.digest:
        raise Refused(Reason.IMPRINT_WRONG, f"{info.imprint.algorithm.name} {info.imprint.digest.hex()}")
    allowed = set(policies)
    if allowed and info.policy not in allowed:
        raise Refused(Reason.POLICY_WRONG, info.policy)
    if nonce is not None and info.nonce != nonce:
        raise Refused(Reason.NONCE_WRONG, f"{info.nonce}, asked {nonce}")
    pool = (*token.certificates, *more, *roots)
    signer = _signer(token, pool)
    _check_attributes(token, signer)
    algorithm = token.signer
    if not signer.key.verify(algorithm.algorithm, algorithm.digest, algorithm.attributes, algorithm.signature):
        raise Refused(Reason.SIGNATURE_WRONG, signer.name)
    signer.require_time_stamping()
    return Stamp(token, chain_of(signer, pool, roots, info.time))


def _signer(token: Token, pool: Iterable[Certificate]) -> Certificate:
    wanted = token.signer
    for certificate in pool:
        if wanted.issuer_serial == (certificate.issuer, certificate.serial):
            return certificate
        if wanted.key_identifier is not None and wanted.key_identifier == certificate.key_identifier:
            return certificate
    raise Refused(Reason.SIGNER_MISSING, "the signing certificate is neither in the token nor given")


def _check_attributes(token: Token, signer: Certificate) -> None:
    values = token.signer.attribute_values
    kind, digest = values.get(CONTENT_TYPE), values.get(MESSAGE_DIGEST)
    if kind is None or kind.oid() != TST_INFO or digest is None:
        raise Refused(Reason.TOKEN_MALFORMED, "content type or message digest is missing")
    if digest.octets() != token.signer.digest.of(token.content):
        raise Refused(Reason.SIGNATURE_WRONG, "digest of the statement")
    identifiers = [
        _names(values[oid], signer, old=oid == SIGNING_CERTIFICATE)
        for oid in (SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2)
        if oid in values
    ]
    if not identifiers or not all(identifiers):
        raise Refused(Reason.SIGNER_WRONG, signer.name)


def _names(value: der.Value, signer: Certificate, *, old: bool) -> bool:
    """Whether the first ESSCertID (RFC 2634) or ESSCertIDv2 (RFC 5035) is the signer's."""
    whole = value.fields()
    identifiers = whole.take(der.SEQUENCE).children()
    whole.optional(der.SEQUENCE)  # policies
    whole.end()
    if not identifiers:
        return False
    fields = identifiers[0].fields()
    algorithm = None if old else fields.optional(der.SEQUENCE)
    digest = SHA256 if algorithm is None else digest_of(algorithm)
    expected = hashlib.sha1(signer.raw, usedforsecurity=False).digest() if old else digest.of(signer.raw)
    if fields.take(der.OCTET_STRING).body != expected:
        return False
    issuer_serial = fields.optional(der.SEQUENCE)
    fields.end()
    return issuer_serial is None or _is_issuer_serial(issuer_serial, signer)


def _is_issuer_serial(value: der.Value, signer: Certificate) -> bool:
    fields = value.fields()
    names, serial = fields.take(der.SEQUENCE).children(), fields.take(der.INTEGER).integer()
    fields.optional(der.BIT_STRING)
    fields.end()
    known = any(name.tag == _DIRECTORY_NAME and name.body == signer.issuer for name in names)
    return known and serial == signer.serial
