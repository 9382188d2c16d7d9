"""A small time-stamp authority (RFC 3161 §2): answers requests with tokens. Its time is what its caller passes in.

It serves development and demonstration; what it issues says so (`issuing.DEVELOPMENT_NOTICE`).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from midun.lib.timestamp import der
from midun.lib.timestamp.algorithms import SHA256
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.issuing import DEVELOPMENT_POLICY, Identity
from midun.lib.timestamp.messages import Failure, Request, Response
from midun.lib.timestamp.token import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)

_REFUSED = 2
_SERIAL_BITS = 127


@dataclass(frozen=True)
class Authority:
    """An authority with one key. Safe to use from several threads."""

    identity: Identity
    policy: str = DEVELOPMENT_POLICY
    accuracy_seconds: int = 1

    def respond(self, data: bytes, at: datetime) -> bytes:
        """The response (DER) to a request (DER) received at `at`; a bad request gets a refusal, never an error."""
        try:
            request = Request.parse(data)
        except Refused as refused:
            unknown = refused.reason is Reason.ALGORITHM_UNKNOWN
            failure = Failure.BAD_ALGORITHM if unknown else Failure.BAD_DATA_FORMAT
            return Response(_REFUSED, str(refused), frozenset({failure}), b"").encode()
        if request.policy not in (None, self.policy):
            failures = frozenset({Failure.UNACCEPTED_POLICY})
            return Response(_REFUSED, "unaccepted policy", failures, b"").encode()
        return Response(0, "", frozenset(), self.issue(request, at)).encode()

    def issue(self, request: Request, at: datetime) -> bytes:
        """A TimeStampToken (DER) for the imprint of the request, under a random serial number."""
        statement = der.sequence(
            der.integer(1),
            der.oid(self.policy),
            request.imprint.encode(),
            der.integer(secrets.randbits(_SERIAL_BITS) | 1),
            der.general_time(at),
            der.sequence(der.integer(self.accuracy_seconds)),
            b"" if request.nonce is None else der.integer(request.nonce),
            der.encode(der.context(0), der.encode(der.context(4), self.identity.certificate.subject)),
        )
        signed = der.sequence(
            der.integer(3),
            der.set_of([self._digest_algorithm()]),
            der.sequence(der.oid(TST_INFO), der.encode(der.context(0), der.octets(statement))),
            der.encode(der.context(0), self.identity.certificate.raw) if request.certificates else b"",
            der.set_of([self._signer_info(statement)]),
        )
        return der.sequence(der.oid(SIGNED_DATA), der.encode(der.context(0), signed))

    def _digest_algorithm(self) -> bytes:
        return der.sequence(der.oid(self.identity.key.digest.oid))

    def _signer_info(self, statement: bytes) -> bytes:
        key, certificate = self.identity.key, self.identity.certificate
        attributes = der.set_of(
            [
                _attribute(CONTENT_TYPE, der.oid(TST_INFO)),
                _attribute(MESSAGE_DIGEST, der.octets(key.digest.of(statement))),
                _attribute(SIGNING_CERTIFICATE_V2, self._certificate_identifier()),
            ]
        )
        return der.sequence(
            der.integer(1),
            der.sequence(certificate.issuer, der.integer(certificate.serial)),
            self._digest_algorithm(),
            der.encode(der.context(0), attributes[_head_length(attributes) :]),
            key.algorithm,
            der.octets(key.sign(attributes)),
        )

    def _certificate_identifier(self) -> bytes:
        """SigningCertificateV2 with one ESSCertIDv2; its algorithm is left out where it is the default SHA-256."""
        digest, raw = self.identity.key.digest, self.identity.certificate.raw
        algorithm = b"" if digest is SHA256 else der.sequence(der.oid(digest.oid))
        return der.sequence(der.sequence(der.sequence(algorithm, der.octets(digest.of(raw)))))


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of([value]))


def _head_length(encoded: bytes) -> int:
    return 2 + (encoded[1] & 0x7F if encoded[1] & 0x80 else 0)
