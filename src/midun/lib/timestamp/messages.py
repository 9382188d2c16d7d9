"""Requests and responses of a time-stamp authority (RFC 3161 §2.4)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from midun.lib.timestamp import der
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.token import MAX_BYTES, Imprint

REQUEST_TYPE = "application/timestamp-query"
RESPONSE_TYPE = "application/timestamp-reply"
MAX_REQUEST = 4096
GRANTED = (0, 1)


class Failure(IntEnum):
    """Bits of PKIFailureInfo."""

    BAD_ALGORITHM = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    ADD_INFO_NOT_AVAILABLE = 17
    SYSTEM_FAILURE = 25


@dataclass(frozen=True)
class Request:
    """A TimeStampReq. `certificates`: the token shall carry the signing certificate."""

    imprint: Imprint
    policy: str | None = None
    nonce: int | None = None
    certificates: bool = True

    def encode(self) -> bytes:
        """The bytes to send."""
        return der.sequence(
            der.integer(1),
            self.imprint.encode(),
            der.oid(self.policy) if self.policy else b"",
            b"" if self.nonce is None else der.integer(self.nonce),
            der.boolean(True) if self.certificates else b"",
        )

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a request.

        Raises `Refused`: TOO_LARGE, DER_MALFORMED, REQUEST_MALFORMED, ALGORITHM_UNKNOWN, TOKEN_MALFORMED (imprint).
        """
        fields = der.parse(data, MAX_REQUEST).fields()
        if fields.take(der.INTEGER).integer() != 1:
            raise Refused(Reason.REQUEST_MALFORMED, "version")
        imprint = Imprint.read(fields.take(der.SEQUENCE))
        policy, nonce, certificates = (
            fields.optional(der.OID),
            fields.optional(der.INTEGER),
            fields.optional(der.BOOLEAN),
        )
        if fields.optional(der.context(0)) is not None:
            raise Refused(Reason.REQUEST_MALFORMED, "extensions")
        fields.end()
        return cls(
            imprint,
            policy.oid() if policy else None,
            nonce.integer() if nonce else None,
            certificates is not None and certificates.boolean(),
        )


@dataclass(frozen=True)
class Response:
    """A TimeStampResp: status, its words, failure bits, and the token's DER (b"" where none was granted)."""

    status: int
    text: str
    failures: frozenset[int]
    token: bytes

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a response. Raises `Refused`: TOO_LARGE, DER_MALFORMED, RESPONSE_MALFORMED. The token stays unread."""
        fields = der.parse(data, MAX_BYTES).fields()
        status = fields.take(der.SEQUENCE).fields()
        token = fields.optional(der.SEQUENCE)
        fields.end()
        number, text = status.take(der.INTEGER).integer(), status.optional(der.SEQUENCE)
        failures = status.optional(der.BIT_STRING)
        status.end()
        if (number in GRANTED) != (token is not None):
            raise Refused(Reason.RESPONSE_MALFORMED, f"status {number}, token {token is not None}")
        words = [item.of(der.UTF8).body.decode("utf-8", "replace") for item in text.children()] if text else []
        data_of_bits = failures.bits()[0] if failures else b""
        numbers = {at for at in range(len(data_of_bits) * 8) if data_of_bits[at // 8] & 0x80 >> at % 8}
        return cls(number, " ".join(words), frozenset(numbers), token.raw if token else b"")

    def encode(self) -> bytes:
        """The bytes of the response. A granted status needs a token."""
        parts = [der.integer(self.status)]
        if self.text:
            parts.append(der.sequence(der.utf8(self.text)))
        if self.failures:
            last = max(self.failures)
            number = sum(1 << (last - bit) for bit in self.failures)
            unused = 7 - last % 8
            parts.append(der.bits((number << unused).to_bytes(last // 8 + 1, "big"), unused))
        return der.sequence(der.sequence(*parts), self.token)

    def granted(self) -> bytes:
        """The token's DER. Raises `Refused(NOT_GRANTED)` with the authority's words."""
        if self.status not in GRANTED:
            bits = ", ".join(map(str, sorted(self.failures)))
            raise Refused(Reason.NOT_GRANTED, f"status {self.status}, failure {bits or 'none'}: {self.text[:200]}")
        return self.token
