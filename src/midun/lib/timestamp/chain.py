"""From a signing certificate to a trusted one (RFC 5280 §6, as far as time-stamps need it; no revocation lists)."""

from collections.abc import Iterable
from datetime import datetime

from midun.lib.timestamp.certificate import Certificate
from midun.lib.timestamp.errors import Reason, Refused

MAX_DEPTH = 6
_MAX_TRIES = 64
"""Signatures checked for one chain: enough for any honest bag of certificates, few enough for a hostile one."""


class _Search:
    """A depth-first search for a chain; remembers why the best attempt failed."""

    def __init__(self, pool: Iterable[Certificate], roots: Iterable[Certificate], at: datetime) -> None:
        self.roots = {root.raw for root in roots}
        self.pool = tuple(dict.fromkeys([*roots, *pool]))
        self.at = at
        self.tries = _MAX_TRIES
        self.failure = Refused(Reason.CHAIN_UNTRUSTED, "no chain to a trusted root")

    def extend(self, chain: tuple[Certificate, ...]) -> tuple[Certificate, ...] | None:
        """The chain continued to a root; None if there is no way."""
        last = chain[-1]
        try:
            last.require_valid(self.at)
            if len(chain) > 1:
                last.require_authority(len(chain) - 2)
        except Refused as refused:
            self.failure = refused
            return None
        if last.raw in self.roots:
            return chain
        if len(chain) == MAX_DEPTH:
            return None
        for issuer in self.pool:
            if issuer in chain or issuer.subject != last.issuer or not self._signed(last, issuer):
                continue
            found = self.extend((*chain, issuer))
            if found:
                return found
        return None

    def _signed(self, certificate: Certificate, issuer: Certificate) -> bool:
        self.tries -= 1
        if self.tries < 0:
            return False
        try:
            return certificate.signed_by(issuer)
        except Refused:  # a key of another kind: somebody else's name is the same
            return False


def chain_of(
    leaf: Certificate, pool: Iterable[Certificate], roots: Iterable[Certificate], at: datetime
) -> tuple[Certificate, ...]:
    """The chain from `leaf` to one of the roots, both included, each valid at `at`. A leaf among the roots is its own.

    Raises `Refused`: CHAIN_UNTRUSTED, CERTIFICATE_TIME, CERTIFICATE_PURPOSE, ALGORITHM_UNKNOWN.
    """
    search = _Search(tuple(pool), tuple(roots), at)
    found = search.extend((leaf,))
    if found is None:
        raise search.failure
    return found
