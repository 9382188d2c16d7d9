"""Time-stamp tokens (RFC 3161 §2.4.2 in CMS SignedData, RFC 5652): reading them. Nothing is verified here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from midun.lib.timestamp import der
from midun.lib.timestamp.algorithms import Digest, digest_named, digest_of, identifier
from midun.lib.timestamp.certificate import Certificate
from midun.lib.timestamp.der import Value
from midun.lib.timestamp.errors import Reason, Refused

MAX_BYTES = 1 << 16
MAX_CERTIFICATES = 16
SIGNED_DATA = "1.2.840.113549.1.7.2"
SM_SIGNED_DATA = "1.2.156.10197.6.1.4.2.2"
"""The same structure under the name GM/T 0010 gives it."""
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_VERSIONS = (1, 3)
_MAX_NONCE_BITS = 256


@dataclass(frozen=True)
class Imprint:
    """What is stamped: a digest and its algorithm."""

    algorithm: Digest
    digest: bytes

    @classmethod
    def read(cls, value: Value) -> Self:
        """Read a MessageImprint."""
        fields = value.fields()
        algorithm, digest = digest_of(fields.take(der.SEQUENCE)), fields.take(der.OCTET_STRING).body
        fields.end()
        if len(digest) != algorithm.size:
            raise Refused(Reason.TOKEN_MALFORMED, f"imprint of {len(digest)} bytes")
        return cls(algorithm, digest)

    def encode(self) -> bytes:
        """The bytes of the MessageImprint."""
        return der.sequence(der.sequence(der.oid(self.algorithm.oid), der.null()), der.octets(self.digest))


@dataclass(frozen=True)
class Info:
    """The statement of a token (TSTInfo): this imprint existed at this time."""

    policy: str
    imprint: Imprint
    serial: int
    time: datetime
    accuracy: timedelta | None
    nonce: int | None


@dataclass(frozen=True)
class Signer:
    """The one SignerInfo: who is said to have signed (issuer and serial, or key identifier), what and how."""

    issuer_serial: tuple[bytes, int] | None
    key_identifier: bytes | None
    digest: Digest
    attributes: bytes
    attribute_values: dict[str, Value]
    algorithm: str
    signature: bytes


@dataclass(frozen=True)
class Token:
    """A token as read: its bytes, its statement (and the bytes of that), the certificates in it, its signer."""

    raw: bytes
    info: Info
    content: bytes
    certificates: tuple[Certificate, ...]
    signer: Signer


def parse_token(data: bytes) -> Token:
    """Read a TimeStampToken in DER.

    Raises `Refused`: TOO_LARGE, DER_MALFORMED, TOKEN_MALFORMED, ALGORITHM_UNKNOWN, CERTIFICATE_MALFORMED.
    """
    outer = der.parse(data, MAX_BYTES).fields()
    kind = outer.take(der.OID).oid()
    if kind not in (SIGNED_DATA, SM_SIGNED_DATA):
        raise Refused(Reason.TOKEN_MALFORMED, f"content type {kind}")
    signed = _only(outer.take(der.context(0))).fields()
    outer.end()
    if signed.take(der.INTEGER).integer() not in _VERSIONS:
        raise Refused(Reason.TOKEN_MALFORMED, "version")
    for item in signed.take(der.SET).children():
        identifier(item)
    content = _content(signed.take(der.SEQUENCE))
    certificates = signed.optional(der.context(0))
    signed.optional(der.context(1))  # revocation lists, unsigned: ignored
    signer = _signer(_only(signed.take(der.SET)))
    signed.end()
    return Token(data, _info(content), content, _certificates(certificates), signer)


def _only(value: Value) -> Value:
    found = value.children()
    if len(found) != 1:
        raise Refused(Reason.TOKEN_MALFORMED, f"{len(found)} values where one belongs")
    return found[0]


def _content(value: Value) -> bytes:
    fields = value.fields()
    kind, content = fields.take(der.OID).oid(), _only(fields.take(der.context(0))).octets()
    fields.end()
    if kind != TST_INFO:
        raise Refused(Reason.TOKEN_MALFORMED, f"content {kind}")
    return content


def _certificates(value: Value | None) -> tuple[Certificate, ...]:
    found = value.children() if value else []
    if len(found) > MAX_CERTIFICATES:
        raise Refused(Reason.TOO_LARGE, f"{len(found)} certificates")
    return tuple(Certificate(item.of(der.SEQUENCE).raw) for item in found)


def _info(content: bytes) -> Info:
    fields = der.parse(content, MAX_BYTES).fields()
    if fields.take(der.INTEGER).integer() != 1:
        raise Refused(Reason.TOKEN_MALFORMED, "version of the statement")
    policy, imprint = fields.take(der.OID).oid(), Imprint.read(fields.take(der.SEQUENCE))
    serial, time = fields.take(der.INTEGER).integer(), fields.take(der.GENERAL_TIME).time()
    accuracy = fields.optional(der.SEQUENCE)
    ordering = fields.optional(der.BOOLEAN)
    if ordering is not None:
        ordering.boolean()
    nonce = fields.optional(der.INTEGER)
    fields.optional(der.context(0))  # the authority's name: a hint, the certificate says it
    extensions = fields.optional(der.context(1))
    fields.end()
    if extensions is not None and any(_critical(item) for item in extensions.children()):
        raise Refused(Reason.TOKEN_MALFORMED, "critical extension of the statement")
    return Info(policy, imprint, serial, time, _accuracy(accuracy), _nonce(nonce))


def _critical(extension: Value) -> bool:
    fields = extension.fields()
    fields.take(der.OID).oid()
    critical = fields.optional(der.BOOLEAN)
    fields.take(der.OCTET_STRING)
    fields.end()
    return critical is not None and critical.boolean()


def _accuracy(value: Value | None) -> timedelta | None:
    if value is None:
        return None
    fields, total = value.fields(), timedelta()
    whole = fields.optional(der.INTEGER)
    if whole is not None:
        total += timedelta(seconds=_between(0, whole.integer(), 1 << 31))
    for number, unit in ((0, timedelta(milliseconds=1)), (1, timedelta(microseconds=1))):
        part = fields.optional(der.context(number, constructed=False))
        if part is not None:
            total += _between(1, Value(der.INTEGER, part.body, part.raw).integer(), 999) * unit
    fields.end()
    return total


def _between(low: int, number: int, high: int) -> int:
    if not low <= number <= high:
        raise Refused(Reason.TOKEN_MALFORMED, f"accuracy {number}")
    return number


def _nonce(value: Value | None) -> int | None:
    number = None if value is None else value.integer()
    if number is not None and number.bit_length() > _MAX_NONCE_BITS:
        raise Refused(Reason.TOKEN_MALFORMED, "nonce too long")
    return number


def _signer(value: Value) -> Signer:
    fields = value.fields()
    version = fields.take(der.INTEGER).integer()
    by_key = fields.optional(der.context(0, constructed=False))
    issuer_serial = None if by_key else _issuer_serial(fields.take(der.SEQUENCE))
    if version != (3 if by_key else 1):
        raise Refused(Reason.TOKEN_MALFORMED, "version of the signer")
    digest = digest_named(identifier(fields.take(der.SEQUENCE)))
    attributes = fields.take(der.context(0))
    algorithm, signature = identifier(fields.take(der.SEQUENCE)), fields.take(der.OCTET_STRING).body
    fields.optional(der.context(1))  # unsigned attributes: ignored
    fields.end()
    return Signer(
        issuer_serial=issuer_serial,
        key_identifier=by_key.body if by_key else None,
        digest=digest,
        attributes=der.encode(der.SET, attributes.body),
        attribute_values=_attributes(attributes),
        algorithm=algorithm,
        signature=signature,
    )


def _issuer_serial(value: Value) -> tuple[bytes, int]:
    fields = value.fields()
    found = fields.take(der.SEQUENCE).raw, fields.take(der.INTEGER).integer()
    fields.end()
    return found


def _attributes(value: Value) -> dict[str, Value]:
    found: dict[str, Value] = {}
    items = value.children()
    if [item.raw for item in items] != sorted(item.raw for item in items):
        raise der.malformed("signed attributes out of order")
    for item in items:
        fields = item.fields()
        oid, values = fields.take(der.OID).oid(), fields.take(der.SET)
        fields.end()
        if oid in found:
            raise Refused(Reason.TOKEN_MALFORMED, f"attribute {oid} twice")
        found[oid] = _only(values)
    return found
