"""Blind detection: an authenticated id with its place and a bound on error, or nothing.

Hypotheses go from cheap to dear and stop at the first id whose MAC is right. At most `MOST_DECODES` words are ever
checked per image and key, so a false id has a probability of at most 40 · 2^-40 = 3.7·10^-11 whatever the image is.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.code.convolution import SYMBOLS, decode, encode
from midun.lib.marking.code.message import FALSE_ACCEPT, pack, unpack
from midun.lib.marking.image.demodulate import pilot_score, soft_symbols, straightened
from midun.lib.marking.image.geometry import Matrix, lifted, translation
from midun.lib.marking.image.residual import edges, residual
from midun.lib.marking.image.spectrum import Hypothesis, Window, refine, search, whitened, whole, windows
from midun.lib.marking.image.synchronise import synchronise
from midun.lib.marking.image.tile import SIDE, Carrier, carrier_of
from midun.lib.marking.keys import MarkKey

Array = npt.NDArray[np.float32]
Gray = npt.NDArray[np.uint8]

MOST_DECODES = 40
_COMMON_SCALES = (1.0, 0.5, 0.75, 2.0, 2 / 3, 0.8, 1.25, 1.5)
_SURE, _GLOBAL, _WHOLE, _LOCAL, _EXACT = 6.0, 6.0, 4.4, 5.2, 4.8
_WORTH, _REACH, _AGREED = 5.0, 1280, 20.0


@dataclass(frozen=True)
class Found:
    """A copy id read from an image.

    `matrix` maps the tile plane to the image; `score` is the correlation with the codeword in deviations; `log10_error`
    bounds the probability that an image without this mark gives any id, as a power of ten.
    """

    copy_id: bytes
    matrix: Matrix
    score: float
    log10_error: float
    mirrored: bool
    inverted: bool


@dataclass
class _Trial:
    """One residual under one key: what was tried and how often a word was checked."""

    plane: Array
    key: MarkKey
    carrier: Carrier
    mirrored: bool = False
    words: int = 0
    tried: list[Matrix] = field(default_factory=list)


def detect(gray: Gray, key: MarkKey) -> Found | None:
    """The copy id in an image of one plane (8 bits), or nothing. Scale 0.33 to 2.7, any rotation, mirrored or not.

    Images of more than four megapixels are looked at reduced first, then in parts at their own scale.
    """
    words = 0
    for view, place in _views(gray):
        trial = _Trial(residual(view), key, carrier_of(key), words=words)
        found = _look(trial)
        burnt = float(np.count_nonzero((view >= 254) | (view <= 1))) / view.size  # noqa: PLR2004  # nearly 0 or 255
        if found is None and burnt > _BURNT:
            trial = _Trial(residual(view, on_ink=True), key, trial.carrier, words=trial.words)
            found = _first(_attempt(trial, _global(trial, _spectra(trial.plane))[:2]))
        if found is None and burnt > _BURNT_OUT:
            trial = _Trial(edges(view), key, trial.carrier, words=trial.words)
            found = _first(_exact(trial)) or _first(_attempt(trial, _global(trial, _spectra(trial.plane))[:1]))
        if found:
            return Found(
                found.copy_id,
                place @ found.matrix,
                found.score,
                found.log10_error,
                found.mirrored,
                found.inverted,
            )
        words = trial.words
    return None


_LARGE, _BURNT, _BURNT_OUT = 4_000_000, 0.3, 0.6


def _views(gray: Gray) -> Iterator[tuple[Gray, Matrix]]:
    """What is looked at, each with the map into the image."""
    height, width = gray.shape
    if height * width <= _LARGE:
        yield gray, np.eye(3)
        return
    factor = math.sqrt(_LARGE / 2 / (height * width))
    small = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    yield np.asarray(small, np.uint8), np.diag([width / small.shape[1], height / small.shape[0], 1.0])
    side = 1400
    for down, right in ((0.5, 0.5), (0.2, 0.2), (0.8, 0.8)):
        y = max(0, min(height - side, int(height * down - side / 2)))
        x = max(0, min(width - side, int(width * right - side / 2)))
        yield np.ascontiguousarray(gray[y : y + side, x : x + side]), translation(x, y)


def _first(results: Iterator[Found]) -> Found | None:
    return next(results, None)


def _look(trial: _Trial) -> Found | None:
    spectra = _spectra(trial.plane)
    if not spectra:
        return None
    general = _global(trial, spectra)
    found = _first(_attempt(trial, [h for h in general if h.score > _GLOBAL][:2])) or _first(_exact(trial))
    if found:
        return found
    flipped = _Trial(np.ascontiguousarray(trial.plane[:, ::-1]), trial.key, trial.carrier, mirrored=True)
    flipped.words = trial.words
    mirror = [h for h in _global(flipped, spectra, mirrored=True) if h.score > _SURE][:1]
    found = _first(_attempt(flipped, mirror))
    trial.words = flipped.words
    return found or _first(_attempt(trial, _finer(trial, spectra)))


def _spectra(plane: Array) -> list[Window]:
    side = 512 if min(plane.shape) >= 400 else 256  # noqa: PLR2004  # about a window
    return windows(plane, side, 20)


def _global(trial: _Trial, spectra: list[Window], *, mirrored: bool = False) -> list[Hypothesis]:
    """Similarities seen in the mean of all windows, refined; best first."""
    if not spectra:
        return []
    side = (spectra[0].power.shape[1] - 1) * 2
    flat = whitened(np.mean([window.power for window in spectra], axis=0), mirrored=mirrored)
    height, width = trial.plane.shape
    found = [refine(flat, trial.key, side, m, (0.006, 0.003)) for _, m in search(flat, trial.key, side)]
    ranked = sorted(found, key=lambda pair: -pair[0])
    return [Hypothesis(score, matrix, width / 2, height / 2) for score, matrix in ranked]


def _finer(trial: _Trial, spectra: list[Window]) -> list[Hypothesis]:
    """What only the whole of a small image, or single windows of a bent one, show."""
    height, width = trial.plane.shape
    found: list[Hypothesis] = []
    if min(height, width) < 1000:  # noqa: PLR2004  # fits the padded transform
        side, power = whole(trial.plane)
        flat, fine = whitened(power), 512 / side
        for _, m in search(flat, trial.key, side, angle_step=0.5 * fine, scale_step=0.008 * fine):
            score, matrix = refine(flat, trial.key, side, m, (0.003 * fine, 0.0015 * fine))
            if score > _WHOLE:
                found.append(Hypothesis(score + 0.8, matrix, width / 2, height / 2))
    for place in np.unique(np.linspace(0, len(spectra) - 1, min(len(spectra), 5)).round().astype(int)):
        window = spectra[place]
        side = (window.power.shape[1] - 1) * 2
        flat, broad = whitened(window.power), whitened(window.power, blur=3)
        for _, m in search(broad, trial.key, side, angle_step=1.0, scale_step=0.016, most=4):
            score, matrix = refine(flat, trial.key, side, m, (0.018, 0.009, 0.004))
            if score > _LOCAL:
                found.append(Hypothesis(score, matrix, window.x, window.y))
    return sorted(found, key=lambda h: -h.score)[:6]


def _attempt(trial: _Trial, hypotheses: list[Hypothesis]) -> Iterator[Found]:
    """Synchronise and decode under each hypothesis, turned by 180 degrees as well, dark for light as well."""
    for hypothesis in hypotheses:
        if any(np.abs(hypothesis.matrix - before).max() < 0.012 for before in trial.tried):  # noqa: PLR2004  # same
            continue
        trial.tried.append(hypothesis.matrix)
        ways = []
        for turn in (1.0, -1.0):
            start = lifted(turn * hypothesis.matrix, hypothesis.x, hypothesis.y)
            got = synchronise(trial.plane, start, trial.carrier)
            if got is None:
                continue
            matrix, agreement, sign = got
            if agreement.blocks > 3 and 2 * agreement.blocks > agreement.of:  # noqa: PLR2004  # no doubt
                found = _read(trial, matrix, sign)
                if found:
                    yield found
                continue
            if agreement.score > _AGREED:
                ways.append((agreement.score, matrix, sign))
        for _, matrix, sign in sorted(ways, key=lambda way: -way[0]):
            found = _read(trial, matrix, sign)
            if found:
                yield found


def _exact(trial: _Trial) -> Iterator[Found]:
    """Common scales without rotation, coherent over the whole image: the last resort of rough textures."""
    ranked = []
    u, v = trial.carrier.pilot_u % SIDE, trial.carrier.pilot_v % SIDE
    for scale in _COMMON_SCALES:
        spectrum = np.zeros((SIDE, SIDE), np.complex64)
        spectrum[v, u] = np.fft.fft2(_overlaid(trial.plane, scale))[v, u] * np.conj(trial.carrier.pilot)
        surface = np.fft.ifft2(spectrum).real
        place = int(np.argmax(np.abs(surface)))
        ranked.append(
            (abs(float(surface.flat[place])) / float(surface.std() + 1e-12), scale, place, surface.flat[place])
        )
    for score, scale, place, value in sorted(ranked, key=lambda row: -row[0])[:2]:
        if score > _EXACT:
            centre = (scale - 1) / 2
            matrix = (
                translation(centre, centre) @ np.diag([scale, scale, 1.0]) @ translation(place % SIDE, place // SIDE)
            )
            found = _read(trial, matrix, 1.0 if value > 0 else -1.0)
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


def _read(trial: _Trial, matrix: Matrix, sign: float) -> Found | None:
    """Decode under an exact map; nothing unless the MAC is right."""
    if trial.words >= MOST_DECODES:
        return None
    tiles = straightened(trial.plane, matrix)
    if tiles is None:
        return None
    folded = tiles.folded() * np.float32(sign)
    if pilot_score(folded, trial.carrier) < _WORTH:
        return None
    soft = soft_symbols(folded, trial.carrier)
    trial.words += 1
    copy_id = unpack(decode(soft), trial.key)
    if copy_id is None:
        return None
    code = 1.0 - 2.0 * encode(pack(copy_id, trial.key))
    score = float((soft * code).sum()) / math.sqrt(SYMBOLS)
    if trial.mirrored:
        width = trial.plane.shape[1]
        matrix = np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]]) @ matrix
    bound = math.log10(MOST_DECODES * FALSE_ACCEPT)
    return Found(copy_id, matrix, score, bound, mirrored=trial.mirrored, inverted=sign < 0)
