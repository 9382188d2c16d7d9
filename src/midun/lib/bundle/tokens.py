"""The time-stamps of a bundle, by `midun.lib.timestamp`; its reasons in the coarser words all verifiers share."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from midun.lib.bundle.container import Unsound
from midun.lib.bundle.contents import Token
from midun.lib.bundle.words import DEVELOPMENT_POLICY
from midun.lib.timestamp.certificate import Certificate
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.messages import Response
from midun.lib.timestamp.pem import certificates_from_pem
from midun.lib.timestamp.renewal import covered
from midun.lib.timestamp.verify import Stamp as Verified
from midun.lib.timestamp.verify import verify_token

_REASONS = {
    Reason.NOT_GRANTED: "token-refused",
    Reason.ALGORITHM_UNKNOWN: "token-algorithm",
    Reason.ALGORITHM_BROKEN: "token-algorithm",
    Reason.IMPRINT_WRONG: "token-imprint-wrong",
    Reason.SIGNATURE_WRONG: "token-signature-invalid",
    Reason.SIGNER_MISSING: "token-certificate-wrong",
    Reason.SIGNER_WRONG: "token-certificate-wrong",
    Reason.CERTIFICATE_PURPOSE: "token-certificate-wrong",
    Reason.CERTIFICATE_TIME: "token-expired",
    Reason.CHAIN_UNTRUSTED: "token-chain-untrusted",
    Reason.RENEWAL_LATE: "token-renewal",
    Reason.RENEWAL_ORDER: "token-renewal",
}


class Stamp(NamedTuple):
    """A time-stamp that holds: seconds since 1970, the authority's name, the SHA-256 of its root certificate."""

    at: int
    name: str
    development: bool
    root_sha256: str
    renews: bool

    def facts(self, file: str) -> dict[str, Any]:
        """For programs."""
        fields = self._asdict()
        del fields["renews"]
        return {"file": file, **fields}


def check_tokens(tokens: Sequence[Token], text: bytes, roots: bytes | None) -> Iterator[tuple[str, Stamp]]:
    """Check the time-stamps of `text` one after the other; gives each with its member's name.

    `roots` (PEM) are trusted, without them the self-signed certificates beside each token. A token that does not stamp
    the text renews those before it. Raises `Unsound` with a code that begins with "token-".
    """
    before: list[bytes] = []
    last: Verified | None = None
    for number, token in enumerate(tokens, 1):
        where = f"timestamps/{number:02}.tsr"
        try:
            raw = Response.parse(token.response).granted()
            verified, before = _verify(raw, text, before, token.chain, roots)
        except Refused as refused:
            raise Unsound(_REASONS.get(refused.reason, "token-malformed"), where, str(refused)) from refused
        if before and last is not None and not last.info.time <= verified.info.time <= last.valid_until:
            raise Unsound("token-renewal", where)
        yield where, _stamp(verified, renews=bool(before))
        before, last = [*before, raw], verified


def _verify(
    token: bytes, text: bytes, before: list[bytes], chain: bytes, roots: bytes | None
) -> tuple[Verified, list[bytes]]:
    """The token's statement, and the tokens it renews: none if it stamps the text itself."""
    given = _certificates(chain)
    trusted = [c for c in given if c.issuer == c.subject] if roots is None else _certificates(roots)
    try:
        return verify_token(token, text, roots=trusted, more=given), []
    except Refused as refused:
        if refused.reason is not Reason.IMPRINT_WRONG or not before:
            raise
    return verify_token(token, covered(text, before), roots=trusted, more=given), before


def _certificates(pem: bytes) -> tuple[Certificate, ...]:
    return certificates_from_pem(pem.decode("ascii", "replace"))


def _stamp(verified: Verified, *, renews: bool) -> Stamp:
    info = verified.info
    root = hashlib.sha256(verified.chain[-1].raw).hexdigest()
    at = int(info.time.timestamp())
    return Stamp(at, verified.chain[0].name, info.policy == DEVELOPMENT_POLICY, root, renews)
