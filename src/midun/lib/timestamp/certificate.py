"""X.509 certificates (RFC 5280) as far as a time-stamp needs them, alike for P-256, RSA and SM2 keys.

Read here and not with a library because none of ours reads a certificate whose key is SM2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from midun.lib.timestamp import der
from midun.lib.timestamp.algorithms import PublicKey, identifier
from midun.lib.timestamp.der import Value
from midun.lib.timestamp.errors import Reason, Refused

MAX_BYTES = 1 << 14
KEY_USAGE, BASIC, EXTENDED_USAGE = "2.5.29.15", "2.5.29.19", "2.5.29.37"
SUBJECT_KEY, AUTHORITY_KEY, POLICIES = "2.5.29.14", "2.5.29.35", "2.5.29.32"
ALTERNATIVE_NAME = "2.5.29.17"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
COMMON_NAME = "2.5.4.3"
_UNDERSTOOD = {KEY_USAGE, BASIC, EXTENDED_USAGE, SUBJECT_KEY, AUTHORITY_KEY, POLICIES, ALTERNATIVE_NAME}
_DIGITAL_SIGNATURE, _NON_REPUDIATION, _CERTIFICATE_SIGN = 0x80, 0x40, 0x04
_V3 = 2


@dataclass(frozen=True)
class Certificate:
    """A certificate nobody has verified yet. Equal bytes are equal certificates."""

    raw: bytes

    def __post_init__(self) -> None:
        _ = self._parts

    @cached_property
    def _parts(self) -> "_Parts":
        try:
            return _read(self.raw)
        except Refused as refused:
            if refused.reason is Reason.DER_MALFORMED:
                raise Refused(Reason.CERTIFICATE_MALFORMED, refused.detail) from refused
            raise

    @property
    def serial(self) -> int:
        """The serial number."""
        return self._parts.serial

    @property
    def issuer(self) -> bytes:
        """The issuer's name, as DER."""
        return self._parts.issuer

    @property
    def subject(self) -> bytes:
        """The subject's name, as DER."""
        return self._parts.subject

    @property
    def not_before(self) -> datetime:
        """First moment of validity."""
        return self._parts.not_before

    @property
    def not_after(self) -> datetime:
        """Last moment of validity."""
        return self._parts.not_after

    @cached_property
    def key(self) -> PublicKey:
        """The public key. Raises `Refused` for one that is not supported; a bag may hold such certificates."""
        return PublicKey.parse(self._parts.key_info)

    @property
    def key_identifier(self) -> bytes | None:
        """The subject key identifier, if there is one."""
        found = self._parts.extensions.get(SUBJECT_KEY)
        return found[1].octets() if found else None

    @cached_property
    def name(self) -> str:
        """The subject's common name (the last one), or the whole subject in hex."""
        return _common_name(self.subject) or self.subject.hex()

    def signed_by(self, issuer: "Certificate") -> bool:
        """Whether the issuer's key signed this certificate and the names fit."""
        parts = self._parts
        if self.issuer != issuer.subject:
            return False
        return issuer.key.verify(parts.algorithm, None, parts.signed, parts.signature)

    def valid_at(self, at: datetime) -> bool:
        """Whether `at` lies within the validity."""
        return self.not_before <= at <= self.not_after

    def require_valid(self, at: datetime) -> None:
        """The certificate is valid at `at`. Raises `Refused(CERTIFICATE_TIME)`."""
        if not self.valid_at(at):
            detail = f"{self.name}: valid from {self.not_before} to {self.not_after}, not at {at}"
            raise Refused(Reason.CERTIFICATE_TIME, detail)

    def require_time_stamping(self) -> None:
        """The certificate may sign time-stamps and nothing else (RFC 3161 §2.3). Raises `Refused`."""
        usage = self._extension(EXTENDED_USAGE)
        purposes = [item.oid() for item in usage[1].of(der.SEQUENCE).children()] if usage else []
        if usage is None or not usage[0] or purposes != [TIME_STAMPING]:
            raise Refused(Reason.CERTIFICATE_PURPOSE, f"{self.name}: time-stamping must be its only, critical purpose")
        bits = self._usage_bits()
        if bits is not None and (not bits & (_DIGITAL_SIGNATURE | _NON_REPUDIATION) or bits & _CERTIFICATE_SIGN):
            raise Refused(Reason.CERTIFICATE_PURPOSE, f"{self.name}: key usage")
        self._require_understood()

    def require_authority(self, below: int) -> None:
        """The certificate may sign certificates, with `below` more authorities under it. Raises `Refused`."""
        basic = self._extension(BASIC)
        fields = basic[1].fields() if basic else der.Fields([])
        authority, limit = fields.optional(der.BOOLEAN), fields.optional(der.INTEGER)
        fields.end()
        if authority is None or not authority.boolean() or (limit is not None and limit.integer() < below):
            raise Refused(Reason.CERTIFICATE_PURPOSE, f"{self.name}: not an authority for this chain")
        bits = self._usage_bits()
        if bits is not None and not bits & _CERTIFICATE_SIGN:
            raise Refused(Reason.CERTIFICATE_PURPOSE, f"{self.name}: may not sign certificates")
        self._require_understood()

    def _extension(self, oid: str) -> tuple[bool, Value] | None:
        return self._parts.extensions.get(oid)

    def _usage_bits(self) -> int | None:
        usage = self._extension(KEY_USAGE)
        return None if usage is None else (usage[1].bits()[0] or b"\0")[0]

    def _require_understood(self) -> None:
        for oid, (critical, _value) in self._parts.extensions.items():
            if critical and oid not in _UNDERSTOOD:
                raise Refused(Reason.CERTIFICATE_PURPOSE, f"{self.name}: critical extension {oid}")


@dataclass(frozen=True)
class _Parts:
    signed: bytes
    algorithm: str
    signature: bytes
    serial: int
    issuer: bytes
    subject: bytes
    not_before: datetime
    not_after: datetime
    key_info: Value
    extensions: Mapping[str, tuple[bool, Value]]


def _read(raw: bytes) -> _Parts:
    fields = der.parse(raw, MAX_BYTES).fields()
    body, algorithm = fields.take(der.SEQUENCE), fields.take(der.SEQUENCE)
    signature, _unused = fields.take(der.BIT_STRING).bits()
    fields.end()
    inner = body.fields()
    version = inner.optional(der.context(0))
    if version is None or [item.integer() for item in version.children()] != [_V3]:
        raise Refused(Reason.CERTIFICATE_MALFORMED, "not version 3")
    serial = inner.take(der.INTEGER).integer()
    if inner.take(der.SEQUENCE).raw != algorithm.raw:
        raise Refused(Reason.CERTIFICATE_MALFORMED, "two signature algorithms")
    issuer = inner.take(der.SEQUENCE).raw
    times = inner.take(der.SEQUENCE).fields()
    not_before, not_after = times.any().time(), times.any().time()
    times.end()
    subject, key_info = inner.take(der.SEQUENCE).raw, inner.take(der.SEQUENCE)
    for number in (1, 2):  # unique identifiers, which nobody uses
        inner.optional(der.context(number, constructed=False))
    extensions = inner.optional(der.context(3))
    inner.end()
    return _Parts(
        signed=body.raw,
        algorithm=identifier(algorithm),
        signature=signature,
        serial=serial,
        issuer=issuer,
        subject=subject,
        not_before=not_before,
        not_after=not_after,
        key_info=key_info,
        extensions=_extensions(extensions) if extensions else {},
    )


def _extensions(wrapped: Value) -> dict[str, tuple[bool, Value]]:
    whole = wrapped.fields(wrapped.tag)
    values = whole.take(der.SEQUENCE)
    whole.end()
    found: dict[str, tuple[bool, Value]] = {}
    for item in values.children():
        fields = item.fields()
        oid, critical = fields.take(der.OID).oid(), fields.optional(der.BOOLEAN)
        contents = fields.take(der.OCTET_STRING).body
        fields.end()
        if oid in found:
            raise Refused(Reason.CERTIFICATE_MALFORMED, f"extension {oid} twice")
        known = oid in _UNDERSTOOD
        value = der.parse(contents, MAX_BYTES) if known else Value(der.OCTET_STRING, contents, contents)
        found[oid] = (critical is not None and critical.boolean(), value)
    return found


def _common_name(subject: bytes) -> str | None:
    names = []
    for relative in der.parse(subject, MAX_BYTES).of(der.SEQUENCE).children():
        for pair in relative.of(der.SET).children():
            fields = pair.fields()
            if fields.take(der.OID).oid() == COMMON_NAME:
                value = fields.any()
                encoding = {0x1E: "utf-16-be", 0x14: "latin-1"}.get(value.tag, "utf-8")
                names.append(value.body.decode(encoding, "replace"))
    return names[-1] if names else None
