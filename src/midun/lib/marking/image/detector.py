"""Blind detection: authenticated ids with their places and a bound on error, or nothing (bound: trial.py)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.code.message import FALSE_ACCEPT
from midun.lib.marking.image.embedder import pattern_scale
from midun.lib.marking.image.geometry import Matrix, translation
from midun.lib.marking.image.mixed import all_in
from midun.lib.marking.image.perspective import leaning
from midun.lib.marking.image.regions import Regions, regions
from midun.lib.marking.image.residual import edges, residual
from midun.lib.marking.image.tile import carrier_of
from midun.lib.marking.image.trial import (
    COMMON_SCALES,
    MOST_DECODES,
    Budget,
    Reading,
    Trial,
    attempt,
    exact,
    finer,
    similarities,
    spectra_of,
)
from midun.lib.marking.keys import MarkKey

Gray = npt.NDArray[np.uint8]

LOG10_ERROR = math.log10(MOST_DECODES * FALSE_ACCEPT)
"""Bound on the probability that an image gives any id that is not in it, per key, as a power of ten."""

MOST_IDS = 6
_SURE, _GLOBAL = 6.0, 6.0
_LARGE, _BURNT, _BURNT_OUT = 4_000_000, 0.3, 0.6


@dataclass(frozen=True)
class Found:
    """A copy id read from an image.

    `matrix` maps the tile plane to the image; `score` is the correlation with the codeword in deviations; `log10_error`
    bounds the probability that an image without this mark gives any id, as a power of ten; `regions` says where in the
    image the mark was seen, if that was asked for.
    """

    copy_id: bytes
    matrix: Matrix
    score: float
    log10_error: float
    mirrored: bool
    inverted: bool
    regions: Regions | None = None


def detect(gray: Gray, key: MarkKey) -> Found | None:
    """The copy id in an image of one plane (8 bits), or nothing. Scale 0.33 to 2.7, any rotation, mirrored or not.

    Images of more than four megapixels are looked at reduced first, then in parts at their own scale.
    """
    for trial, reading, place in _readings(gray, key, Budget()):
        return _found(reading, trial, place)
    return None


def detect_all(gray: Gray, key: MarkKey, budget: Budget | None = None) -> list[Found]:
    """All copy ids in an image that was mixed from several copies, surest first, each with its regions.

    Copies beside each other (a collage, on one grid or several) and over each other (an average) are told apart. The
    bound on error covers all ids together. As `detect` otherwise. A `budget` given holds afterwards what was read of
    the traitor-tracing code, whether an id was found or not.
    """
    found: dict[bytes, Found] = {}
    for first_trial, first, place in _readings(gray, key, budget or Budget()):
        for trial, reading, support in all_in(first_trial, first):
            one = _found(reading, trial, place)
            found.setdefault(one.copy_id, replace(one, regions=regions(support, one.matrix, gray.shape)))
        if len(found) >= MOST_IDS or first.tiles.plane.size > gray.size / 2:
            break
    return sorted(found.values(), key=lambda one: -one.score)


def _found(reading: Reading, trial: Trial, place: Matrix) -> Found:
    matrix = reading.matrix
    if reading.mirrored:
        matrix = np.array([[-1.0, 0, trial.plane.shape[1] - 1], [0, 1, 0], [0, 0, 1]]) @ matrix
    return Found(
        reading.copy_id,
        place @ matrix,
        reading.score,
        LOG10_ERROR,
        mirrored=reading.mirrored,
        inverted=reading.sign < 0,
    )


def _readings(gray: Gray, key: MarkKey, budget: Budget) -> Iterator[tuple[Trial, Reading, Matrix]]:
    """The first reading of each view, with the map from the view into the image."""
    for view, place in _views(gray):
        for trial, reading in _viewed(view, key, budget):
            if reading:
                yield trial, reading, place
                break


def _viewed(view: Gray, key: MarkKey, budget: Budget) -> Iterator[tuple[Trial, Reading | None]]:
    """One view: the residual, and where paper is burnt out the ink and the edges; until something is read."""
    trial = Trial(residual(view), key, carrier_of(key), budget)
    yield from _look(trial)
    burnt = float(np.count_nonzero((view >= 254) | (view <= 1))) / view.size  # noqa: PLR2004  # nearly 0 or 255
    if burnt > _BURNT:
        trial = Trial(residual(view, on_ink=True), key, trial.carrier, budget)
        yield trial, _first(attempt(trial, similarities(trial, spectra_of(trial.plane))[:2]))
    if burnt > _BURNT_OUT:
        trial = Trial(edges(view), key, trial.carrier, budget)
        found = _first(exact(trial)) or _first(attempt(trial, similarities(trial, spectra_of(trial.plane))[:1]))
        yield trial, found


def _look(trial: Trial) -> Iterator[tuple[Trial, Reading | None]]:
    """From the cheap to the dear: similarities, common scales, the mirror, what is bent or small."""
    yield trial, _first(exact(trial, COMMON_SCALES[:1]))
    spectra = spectra_of(trial.plane)
    if not spectra:
        yield trial, None
        return
    general = [one for one in similarities(trial, spectra) if one.score > _GLOBAL][:2]
    yield trial, _first(attempt(trial, general)) or _first(exact(trial, COMMON_SCALES[1:]))
    flipped = Trial(np.ascontiguousarray(trial.plane[:, ::-1]), trial.key, trial.carrier, trial.budget, mirrored=True)
    mirror = [one for one in similarities(flipped, spectra, mirrored=True) if one.score > _SURE][:1]
    yield flipped, _first(attempt(flipped, mirror))
    yield trial, _first(attempt(trial, finer(trial))) or _first(attempt(trial, leaning(trial.plane, trial.key)))


def _views(gray: Gray) -> Iterator[tuple[Gray, Matrix]]:
    """What is looked at, each with the map into the image."""
    height, width = gray.shape
    if height * width <= _LARGE:
        yield gray, np.eye(3)
        return
    factor = math.sqrt(_LARGE / 2 / (height * width))
    small = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    yield np.asarray(small, np.uint8), np.diag([width / small.shape[1], height / small.shape[0], 1.0])
    times = pattern_scale(height, width)
    side = 1400 * times
    for down, right in ((0.5, 0.5), (0.2, 0.2), (0.8, 0.8)):
        y = max(0, min(height - side, int(height * down - side / 2)))
        x = max(0, min(width - side, int(width * right - side / 2)))
        part = gray[y : y + side, x : x + side]
        small = cv2.resize(part, None, fx=1 / times, fy=1 / times, interpolation=cv2.INTER_AREA)
        yield np.ascontiguousarray(small, np.uint8), translation(x, y) @ np.diag([times, times, 1.0])


def _first(results: Iterator[Reading]) -> Reading | None:
    return next(results, None)
