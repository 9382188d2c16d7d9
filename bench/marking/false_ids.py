"""How often words that are no words of ours pass for one: the theory tried on 10^5 checks.

A false id needs a decoded word whose 48 check bits are right under the key. The trial takes words as the detector
decodes them from marked pictures under keys that did not mark them, and checks each under many more wrong keys. No
10^5 trials can show 2^-40; they can show that the 40 bits of the MAC are as good as drawn: its first 8 agree by chance
in 1 of 256 checks, its first 16 in 1 of 65,536. The bound then follows from the count of words per image, which the
detector limits to 40.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.marking.corpus import Picture
from midun.lib.marking.code.convolution import decode
from midun.lib.marking.code.message import ID_BYTES, pack, unpack
from midun.lib.marking.image.demodulate import soft_dimensions, soft_symbols, straightened
from midun.lib.marking.image.detector import detect_all
from midun.lib.marking.image.embedder import embed
from midun.lib.marking.image.luminance import luminance
from midun.lib.marking.image.residual import residual
from midun.lib.marking.image.tile import carrier_of, tile_of
from midun.lib.marking.image.trial import Budget
from midun.lib.marking.keys import MarkKey

CHECKS, WORDS, DETECTIONS = 100_000, 400, 46
_MAC = ID_BYTES + 1


@dataclass
class FalseIds:
    """Whole detections under wrong keys and the most words one checked; single checks and what agreed by chance."""

    detections: int = 0
    most_words: int = 0
    given: int = 0
    checks: int = 0
    eight: int = 0
    sixteen: int = 0
    passed: int = 0


def _key(number: int) -> MarkKey:
    return MarkKey(b"wrong" + number.to_bytes(27, "big"), 1)


def false_ids(pictures: Sequence[Picture], key: MarkKey, size: float = 1.0) -> FalseIds:
    """Try it on marked pictures; `size` below 1 takes fewer words and detections."""
    found, words = FalseIds(), max(4, round(WORDS * size))
    planes = [luminance(np.asarray(embed(p.pixels, tile_of(bytes(range(8)), key)), np.uint8)) for p in pictures]
    for number in range(max(2, round(DETECTIONS * size))):
        budget = Budget()
        found.given += len(detect_all(planes[number % len(planes)], _key(number), budget))
        found.most_words = max(found.most_words, budget.words)
        found.detections += 1
    residuals = [residual(plane) for plane in planes]
    for number in range(words):
        tiles = straightened(residuals[number % len(residuals)], np.eye(3))
        if tiles is None:
            continue
        carrier = carrier_of(_key(1_000 + number))
        bits = decode(soft_symbols(soft_dimensions(tiles.folded(), carrier), carrier))
        _check(bits, found, range(10_000 + number * CHECKS // WORDS, 10_000 + (number + 1) * CHECKS // WORDS))
    return found


def _check(bits: np.ndarray, found: FalseIds, keys: range) -> None:
    body = np.packbits(bits).tobytes()
    for number in keys:
        key = _key(number)
        found.checks += 1
        found.passed += unpack(bits, key) is not None
        right = np.packbits(pack(body[:ID_BYTES], key)).tobytes()[_MAC:]
        found.eight += right[:1] == body[_MAC : _MAC + 1]
        found.sixteen += right[:2] == body[_MAC : _MAC + 2]
