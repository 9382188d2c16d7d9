"""Which copy the moved glyphs accuse, with a bound on the probability of accusing one that has no part in the leak.

The sides are bits of SHAKE-256 under the key, so for a copy that has no part in the leak they are independent of what
was measured. The score S = Σ sᵢdᵢ of its signs sᵢ = ±1 is then a Rademacher sum, and for every λ > 0 (Chernoff)
P(S ≥ t) ≤ exp(−λt) · Π cosh(λdᵢ). The bound holds whatever the measurements dᵢ are; it is multiplied by the number of
copies compared.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from midun.lib.marking.keys import MarkKey

LIMIT = 1e-9
_TILTS = np.geomspace(0.05, 20, 60)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """How far glyphs of one page stand aside: their numbers, and the distance against their neighbours (any unit)."""

    page: int
    numbers: npt.NDArray[np.int64]
    aside: Array


@dataclass(frozen=True)
class Named:
    """A copy, how many glyphs spoke and how many of them for it, and the bound as a power of ten."""

    copy_id: bytes
    glyphs: int
    agreed: int
    log10_error: float


def sides(copy_id: bytes, page: int, count: int, key: MarkKey) -> npt.NDArray[np.int8]:
    """±1 for each movable glyph of a page, (count,); glyphs of even number are not moved and their values not used."""
    seed = key.derive("glyphs") + copy_id + page.to_bytes(4, "big")
    drawn = np.frombuffer(hashlib.shake_256(seed).digest((count + 7) // 8), np.uint8)
    return np.where(np.unpackbits(drawn)[:count], 1, -1).astype(np.int8)


def name(pages: Sequence[Measured], ids: Sequence[bytes], key: MarkKey, limit: float = LIMIT) -> Named | None:
    """The copy among `ids` that the glyphs accuse, if the bound, times the number of ids, is at most `limit`."""
    aside = np.concatenate([one.aside for one in pages]) if pages else np.zeros(0)
    scale = float(np.sqrt((aside**2).mean())) if len(aside) else 0.0
    if not ids or not scale:
        return None
    aside = np.clip(aside / scale, -2, 2)
    best, chosen = -math.inf, b""
    for one in ids:
        score = float(_signs(one, pages, key) @ aside)
        if score > best:
            best, chosen = score, one
    error = _bound(aside, best) / math.log(10) + math.log10(len(ids))
    if error > math.log10(limit):
        return None
    agreed = int((_signs(chosen, pages, key) * aside > 0).sum())
    return Named(chosen, len(aside), agreed, error)


def _signs(copy_id: bytes, pages: Sequence[Measured], key: MarkKey) -> Array:
    drawn = [
        sides(copy_id, one.page, int(one.numbers.max()) + 1, key)[one.numbers] for one in pages if len(one.numbers)
    ]
    return np.concatenate(drawn).astype(np.float64)


def _bound(aside: Array, score: float) -> float:
    """The natural logarithm of the bound on P(S ≥ score)."""
    if score <= 0:
        return 0.0
    tilted = np.abs(np.outer(_TILTS, aside))
    # ln cosh x = x + ln(1 + e^(-2x)) - ln 2, which does not overflow.
    grown = (tilted + np.log1p(np.exp(-2 * tilted)) - math.log(2)).sum(axis=1)
    return float(min(0.0, (grown - _TILTS * score).min()))
