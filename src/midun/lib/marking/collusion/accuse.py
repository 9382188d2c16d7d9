"""Whom soft symbols accuse, with a bound that holds whatever the colluders did.

The score of a copy is the correlation of what was read with its own word, less what any word would give. For a copy
that took no part the word is independent of what was read, so Chernoff's bound (1952) over its symbols is a bound on
the probability of such a score: exact in the biases, without an assumption on picture, noise or attack. It is
multiplied by the number of copies and of readings tried.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from midun.lib.marking.collusion.code import expected, word
from midun.lib.marking.keys import MarkKey

LIMIT = 1e-9
"""Whoever is accused by chance: less often than this per file and key."""

_LN10, _LEAST = math.log(10), -300.0
_TILTS = np.geomspace(0.01, 30.0, 60)

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Accused:
    """A copy whose word was read: `score` in deviations, `log10_error` as a power of ten, for the whole registry."""

    copy_id: bytes
    score: float
    log10_error: float


def accuse(
    readings: Sequence[npt.NDArray[np.float32]], ids: Sequence[bytes], key: MarkKey, limit: float = LIMIT
) -> list[Accused]:
    """The copies among `ids` that the readings accuse, surest first.

    `readings` are soft values of the symbols of one file, positive for a one; shape (length,) each.
    """
    found: list[Accused] = []
    trials = len(readings) * len(ids)
    prepared = [one for one in (_centred(reading, key) for reading in readings) if one[1] > 0]
    if not prepared or not ids:
        return []
    mean = expected(key, len(readings[0]))
    least = -2 * math.log(limit / trials) / _ROOM
    for copy_id in ids:
        signs = 2.0 * word(copy_id, key, len(mean)) - 1.0 - mean
        scored = [(float((soft * signs).sum()) / spread, soft) for soft, spread in prepared]
        score, soft = max(scored, key=lambda pair: pair[0])
        if score > 0 and score * score > least:
            error = (_chernoff(soft, mean, score) + math.log(trials)) / _LN10
            if error <= math.log10(limit):
                found.append(Accused(copy_id, score, max(error, _LEAST)))
    return sorted(found, key=lambda one: one.log10_error)


_ROOM = 1.5
"""Scores this much below the limit of a normal distribution are not even bounded: none of them could pass."""


def _centred(reading: npt.NDArray[np.float32], key: MarkKey) -> tuple[Array, float]:
    """What was read without the part that all copies share, and the deviation of a score against it."""
    mean, soft = expected(key, len(reading)), reading.astype(np.float64)
    soft = soft - float((soft * mean).sum() / (mean**2).sum()) * mean
    return soft, float(np.sqrt((soft**2 * (1 - mean**2)).sum()))


def _chernoff(soft: Array, mean: Array, score: float) -> float:
    """The natural logarithm of a bound on P(score or more) for an independent word; `score` in deviations."""
    scaled = soft / float(np.sqrt((soft**2 * (1 - mean**2)).sum()))
    one = (1 + mean) / 2
    best = 0.0
    for tilt in _TILTS:
        up, down = tilt * scaled * (1 - mean), -tilt * scaled * (1 + mean)
        best = min(best, float(np.logaddexp(np.log(one) + up, np.log1p(-one) + down).sum()) - float(tilt) * score)
    return best
