"""Getting one time-stamp from one authority: asked, verified, or refused with the reason."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from midun.anchoring import local
from midun.anchoring.configuration import Authority
from midun.anchoring.http import Connection, NoAnswer
from midun.lib.timestamp.algorithms import DIGESTS
from midun.lib.timestamp.certificate import Certificate
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.issuing import DEVELOPMENT_POLICY
from midun.lib.timestamp.messages import REQUEST_TYPE, RESPONSE_TYPE, Request, Response
from midun.lib.timestamp.pem import certificates_to_pem
from midun.lib.timestamp.token import Imprint
from midun.lib.timestamp.verify import Stamp, verify_token

MAX_SKEW = timedelta(minutes=5)
"""How far a token's time may be from ours: more is a wrong clock on one side, and nobody can say whose."""
_NONCE_BITS = 63
_OK = 200


@dataclass(frozen=True)
class Obtained:
    """A token that was verified, and its chain as PEM."""

    token: bytes
    stamp: Stamp

    @property
    def chain(self) -> str:
        """The certificates from the signer to the root."""
        return certificates_to_pem(self.stamp.chain)

    @property
    def development(self) -> bool:
        """Whether the token itself says that it is no legal time."""
        return self.stamp.info.policy == DEVELOPMENT_POLICY


def roots_of(authority: Authority, at: datetime) -> tuple[Certificate, ...]:
    """The certificates a token of this authority must lead to."""
    if authority.development:
        return (local.identity(authority.name, authority.kind, at).root,)
    return authority.roots


def obtain(authority: Authority, data: bytes, at: datetime) -> Obtained:
    """A verified token over `data`, asked for at `at`.

    Raises `NoAnswer` and `Refused` (what the readers raise, NOT_GRANTED, TIME_WRONG): nothing unverified is given.
    """
    digest = next(one for one in DIGESTS.values() if one.name == authority.digest)
    nonce = secrets.randbits(_NONCE_BITS)
    request = Request(Imprint(digest, digest.of(data)), authority.policy or None, nonce)
    token = Response.parse(_ask(authority, request.encode(), at)).granted()
    stamp = verify_token(
        token, data, roots=roots_of(authority, at), more=authority.more, policies=authority.policies, nonce=nonce
    )
    if abs(stamp.info.time - at) > MAX_SKEW:
        raise Refused(Reason.TIME_WRONG, f"token says {stamp.info.time}, asked at {at}")
    return Obtained(token, stamp)


def _ask(authority: Authority, request: bytes, at: datetime) -> bytes:
    if authority.development:
        return local.authority(authority.name, authority.kind, at).respond(request, at)
    connection = Connection(authority.credentials, ca=authority.ca)
    try:
        answer = connection.post(authority.url, request, REQUEST_TYPE)
    finally:
        connection.close()
    if answer.status != _OK:
        raise NoAnswer(f"status {answer.status}: {answer.body[:80]!r}")
    if answer.content_type != RESPONSE_TYPE:
        raise Refused(Reason.RESPONSE_MALFORMED, f"content type {answer.content_type[:60]}")
    return answer.body
