"""One residual under one key: from hypotheses about its geometry to a word whose MAC is right.

Hypotheses go from cheap to dear. At most `MOST_DECODES` words are ever checked per image and key, so a false id has a
probability of at most 40 · 2^-40 = 3.7·10^-11 whatever the image is, and however many ids are asked for.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.code.convolution import SYMBOLS, decode, encode
from midun.lib.marking.code.message import pack, unpack
from midun.lib.marking.image.demodulate import (
    Tiles,
    likely_shifts,
    pilot_score,
    pilot_surface,
    soft_dimensions,
    soft_symbols,
    straightened,
)
from midun.lib.marking.image.geometry import Matrix, lifted, translation
from midun.lib.marking.image.spectrum import Hypothesis, Plan, Window, refine, search, whitened, whole, windows
from midun.lib.marking.image.synchronise import synchronise
from midun.lib.marking.image.tile import SIDE, Carrier
from midun.lib.marking.keys import MarkKey

Array = npt.NDArray[np.float32]

MOST_DECODES = 40
COMMON_SCALES = (1.0, 0.5, 0.75, 2.0, 2 / 3, 0.8, 1.25, 1.5)
_WHOLE, _EXACT = 4.4, 5.0
WORTH, _REACH, _AGREED = 5.0, 1280, 20.0
_PLAIN, _PLAY = 12.0, 3


@dataclass(frozen=True)
class Reading:
    """A word whose MAC is right, under the map `matrix` from the tile plane to the residual.

    `soft` are its 672 soft symbols, `sign` is −1 where dark and light are exchanged.
    """

    copy_id: bytes
    matrix: Matrix
    tiles: Tiles
    soft: Array
    score: float
    sign: float
    mirrored: bool


@dataclass
class Budget:
    """Shared by all trials of one image and key: words checked, and what each reading said of each dimension."""

    words: int = 0
    dimensions: list[Array] = field(default_factory=list)


@dataclass
class Trial:
    """One residual under one key and what was tried on it."""

    plane: Array
    key: MarkKey
    carrier: Carrier
    budget: Budget
    mirrored: bool = False
    tried: list[Matrix] = field(default_factory=list)

    def word(self, soft: Array) -> bytes | None:
        """Decode and check one word; nothing when 40 were checked."""
        if self.budget.words >= MOST_DECODES:
            return None
        self.budget.words += 1
        return unpack(decode(soft), self.key)


def correlation(soft: Array, copy_id: bytes, key: MarkKey) -> float:
    """How far the soft symbols speak for an id, in deviations of noise."""
    return float((soft * (1.0 - 2.0 * encode(pack(copy_id, key)))).sum()) / math.sqrt(SYMBOLS)


def spectra_of(plane: Array) -> list[Window]:
    """Spectra of windows over the whole residual."""
    side = 512 if min(plane.shape) >= 400 else 256  # noqa: PLR2004  # about a window
    return windows(plane, side, 20)


def similarities(trial: Trial, spectra: list[Window], *, mirrored: bool = False) -> list[Hypothesis]:
    """Similarities seen in the mean of all windows, refined; best first."""
    if not spectra:
        return []
    side = (spectra[0].power.shape[1] - 1) * 2
    flat = whitened(np.mean([window.power for window in spectra], axis=0), mirrored=mirrored)
    height, width = trial.plane.shape
    found = [refine(flat, trial.key, side, m, (0.006, 0.003)) for _, m in search(flat, trial.key, Plan(side))]
    ranked = sorted(found, key=lambda pair: -pair[0])
    return [Hypothesis(score, matrix, width / 2, height / 2) for score, matrix in ranked]


def finer(trial: Trial) -> list[Hypothesis]:
    """What only the whole of a small image shows."""
    height, width = trial.plane.shape
    if min(height, width) >= 1000:  # noqa: PLR2004  # does not fit the padded transform
        return []
    found: list[Hypothesis] = []
    side, power = whole(trial.plane)
    flat, fine = whitened(power), 512 / side
    for _, m in search(flat, trial.key, Plan(side, 0.5 * fine, 0.008 * fine)):
        score, matrix = refine(flat, trial.key, side, m, (0.003 * fine, 0.0015 * fine))
        if score > _WHOLE:
            found.append(Hypothesis(score, matrix, width / 2, height / 2))
    return sorted(found, key=lambda h: -h.score)


def attempt(trial: Trial, hypotheses: list[Hypothesis]) -> Iterator[Reading]:
    """Synchronise and decode under each hypothesis, turned by 180 degrees as well, dark for light as well."""
    for hypothesis in hypotheses:
        if any(np.abs(hypothesis.matrix - before).max() < 0.012 for before in trial.tried):  # noqa: PLR2004  # same
            continue
        trial.tried.append(hypothesis.matrix)
        ways = []
        for turn in (1.0, -1.0):
            start = lifted(turn * hypothesis.matrix, hypothesis.x, hypothesis.y, hypothesis.lean)
            got = synchronise(trial.plane, start, trial.carrier)
            if got is None:
                continue
            matrix, agreement, sign = got
            if agreement.blocks > 3 and 2 * agreement.blocks > agreement.of:  # noqa: PLR2004  # no doubt
                found = read(trial, matrix, sign)
                if found:
                    yield found
                continue
            if agreement.score > _AGREED:
                ways.append((agreement.score, matrix, sign))
        for _, matrix, sign in sorted(ways, key=lambda way: -way[0]):
            found = read(trial, matrix, sign)
            if found:
                yield found


def exact(trial: Trial, scales: tuple[float, ...] = COMMON_SCALES) -> Iterator[Reading]:
    """Scales without rotation, coherent over the whole image: quick where one fits, and the best on rough textures."""
    ranked = []
    for scale in scales:
        surface = pilot_surface(_overlaid(trial.plane, scale), trial.carrier)
        place = int(np.argmax(np.abs(surface)))
        ranked.append((abs(float(surface.flat[place])), scale, place, float(surface.flat[place])))
    for score, scale, place, value in sorted(ranked, key=lambda row: -row[0])[:2]:
        if score > _EXACT:
            centre = (scale - 1) / 2
            matrix = (
                translation(centre, centre) @ np.diag([scale, scale, 1.0]) @ translation(place % SIDE, place // SIDE)
            )
            found = read(trial, matrix, 1.0 if value > 0 else -1.0)
            if found:
                yield found


def _overlaid(plane: Array, scale: float) -> Array:
    """All tiles of the upper left 1,280 pixels (in the tile plane) laid over each other under one scale."""
    part = plane[: int(_REACH * scale), : int(_REACH * scale)]
    if scale != 1.0:
        part = np.asarray(cv2.resize(part, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_LINEAR))
    height, width = (-(-side // SIDE) * SIDE for side in part.shape)
    whole_tiles = np.zeros((height, width), np.float32)
    whole_tiles[: part.shape[0], : part.shape[1]] = part
    return np.asarray(whole_tiles.reshape(height // SIDE, SIDE, width // SIDE, SIDE).sum((0, 2)), np.float32)


def read(trial: Trial, matrix: Matrix, sign: float) -> Reading | None:
    """Decode under an exact map, with less than a pixel of play; nothing unless the MAC is right."""
    if trial.budget.words >= MOST_DECODES:
        return None
    tiles = straightened(trial.plane, matrix)
    if tiles is None:
        return None
    folded = tiles.folded() * np.float32(sign)
    score = pilot_score(folded, trial.carrier)
    if score < WORTH:
        return None
    for x, y in likely_shifts(folded, trial.carrier)[: 1 if score > _PLAIN else _PLAY]:
        found = _read(trial, matrix @ translation(x, y), sign)
        if found:
            return found
    return None


def _read(trial: Trial, matrix: Matrix, sign: float) -> Reading | None:
    tiles = straightened(trial.plane, matrix)
    if tiles is None:
        return None
    dimensions = soft_dimensions(tiles.folded() * np.float32(sign), trial.carrier)
    trial.budget.dimensions.append(dimensions[0])
    soft = soft_symbols(dimensions, trial.carrier)
    copy_id = trial.word(soft)
    if copy_id is None:
        return None
    return Reading(copy_id, matrix, tiles, soft, correlation(soft, copy_id, trial.key), sign, trial.mirrored)
