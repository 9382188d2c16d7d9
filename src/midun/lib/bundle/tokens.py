"""The time-stamps of a bundle."""

from typing import Any, NamedTuple

from midun.lib.bundle.container import Unsound
from midun.lib.bundle.contents import Token
from midun.lib.bundle.offline.tokens import check_response
from midun.lib.bundle.words import DEVELOPMENT_POLICY


class Stamp(NamedTuple):
    """A time-stamp that holds: seconds since 1970, the authority's name, the SHA-256 of its root certificate."""

    at: int
    name: str
    development: bool
    root_sha256: str

    def facts(self, file: str) -> dict[str, Any]:
        """For programs."""
        return {"file": file, **self._asdict()}


def check_token(token: Token, text: bytes, roots: bytes | None, where: str) -> Stamp:
    """Check a time-stamp of `text`; `roots` (PEM) are trusted, without them the self-signed ones of its chain.

    Raises `Unsound` with a code that begins with "token-".
    """
    try:
        found = check_response(token.response, token.chain, text, roots)
    except Unsound as unsound:
        raise Unsound(unsound.reason, where, unsound.detail) from unsound
    return Stamp(found.at, found.name, found.policy == DEVELOPMENT_POLICY, found.root_sha256)
