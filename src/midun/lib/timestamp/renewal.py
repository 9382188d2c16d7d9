"""Renewing time-stamps before their certificates or algorithms age out, in the sense of RFC 4998 §5.

A chain is a list of tokens. The first stamps the data; each later one stamps the data *and* all tokens before it
(`covered`), so that it vouches for them even when every algorithm they use has been broken since.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from midun.lib.timestamp.certificate import Certificate
from midun.lib.timestamp.errors import Reason, Refused
from midun.lib.timestamp.token import parse_token
from midun.lib.timestamp.verify import Stamp, verify_token

MAGIC = b"midun-timestamp-renewal/1\n"
MAX_TOKENS = 64


def covered(data: bytes, before: Sequence[bytes]) -> bytes:
    """What the token after `before` stamps: the data itself if it is the first, else data and tokens, length first."""
    if not before:
        return data
    return MAGIC + b"".join(len(part).to_bytes(8, "big") + part for part in (data, *before))


def split(data: bytes, tokens: Sequence[bytes]) -> list[tuple[bytes, ...]]:
    """Flat list of tokens → chains: a token that stamps the data begins a chain, any other continues the one before.

    Raises `Refused`: what `parse_token` raises, IMPRINT_WRONG if the first token does not stamp the data, TOO_LARGE.
    """
    if len(tokens) > MAX_TOKENS:
        raise Refused(Reason.TOO_LARGE, f"{len(tokens)} tokens")
    chains: list[list[bytes]] = []
    for token in tokens:
        imprint = parse_token(token).info.imprint
        if imprint.algorithm.of(data) == imprint.digest:
            chains.append([token])
        elif chains:
            chains[-1].append(token)
        else:
            raise Refused(Reason.IMPRINT_WRONG, "the first token does not stamp the data")
    return [tuple(chain) for chain in chains]


@dataclass(frozen=True)
class Renewed:
    """A chain that holds: its stamps, oldest first."""

    stamps: tuple[Stamp, ...]

    @property
    def time(self) -> datetime:
        """Since when the data provably existed."""
        return self.stamps[0].info.time

    @property
    def valid_until(self) -> datetime:
        """When the newest token's certificates expire: renew before."""
        return self.stamps[-1].valid_until


def verify_chain(
    data: bytes,
    tokens: Sequence[bytes],
    *,
    roots: Iterable[Certificate],
    more: Iterable[Certificate] = (),
    broken: Mapping[str, datetime] | None = None,
    at: datetime | None = None,
) -> Renewed:
    """Check a chain: every token holds, and each was still good when the next one was made.

    `broken` says since when an algorithm (a short name of `Stamp.algorithms`) is no longer believed. `at` is the time
    of judgement, when the last token must still be good; None judges it at its own time. Raises `Refused`: what
    `verify_token` raises, RENEWAL_ORDER, RENEWAL_LATE, ALGORITHM_BROKEN, CERTIFICATE_TIME; TOKEN_MALFORMED for an empty
    chain.
    """
    if not tokens:
        raise Refused(Reason.TOKEN_MALFORMED, "no token")
    roots, more = tuple(roots), tuple(more)
    stamps = [
        verify_token(token, covered(data, tokens[:number]), roots=roots, more=more)
        for number, token in enumerate(tokens)
    ]
    for older, newer in pairwise(stamps):
        if newer.info.time < older.info.time:
            raise Refused(Reason.RENEWAL_ORDER, f"{newer.info.time} before {older.info.time}")
        _require_sound(older, newer.info.time, broken or {}, late=Reason.RENEWAL_LATE)
    last = stamps[-1]
    _require_sound(last, at or last.info.time, broken or {}, late=Reason.CERTIFICATE_TIME)
    return Renewed(tuple(stamps))


def _require_sound(stamp: Stamp, at: datetime, broken: Mapping[str, datetime], *, late: Reason) -> None:
    for name in sorted(stamp.algorithms):
        if name in broken and at >= broken[name]:
            raise Refused(Reason.ALGORITHM_BROKEN, f"{name}, broken since {broken[name]}, relied on at {at}")
    try:
        stamp.require_valid(at)
    except Refused as refused:
        raise Refused(late, refused.detail) from refused
