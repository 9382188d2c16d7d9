"""Finding rotation, scale, stretch and lean together: what a camera does to the pilots.

Under a homography the local map changes from place to place. With y the distance from the centre of the image, A the
map there and p the lean, the map at y is B(y)·A with B(y) = (1 − p·y)(I − y pᵀ): it follows from x = A t / (1 + q·t) by
differentiation, with p = A⁻ᵀ q (Hartley & Zisserman 2004, §2.3). B does not depend on A. So for each lean of a grid
the spectra of all windows are straightened by their own B and added up; rotation and scale are looked for in the sum
under each stretch of a second grid, and the best are refined in all six unknowns.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.image.spectrum import PAD, Four, Hypothesis, Plan, refine, search, whitened, windows
from midun.lib.marking.image.tile import SIDE, carrier_of
from midun.lib.marking.keys import MarkKey

Array = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]
Point = tuple[float, Matrix, Matrix]
"""A score, the map at the centre and the lean."""

_SMALL, _LARGE, _LARGE_FROM = 384, 512, 700
_WINDOWS, _CLIP, _MARGIN, _BLUR = 20, 4.0, 16, 3
_LEAST, _GREATEST, _BAND = 0.45, 2.0, 0.36
_MOST, _SAME = 40, 0.03
_CLIMB = (((0.008, 0.012), 12), ((0.006, 0.008), 4), ((0.004, 0.005), 4), ((0.002, 0.003), 3))
_AROUND = np.array([(a, b) for a in range(-2, 3) for b in range(-2, 3)], float)
_LEANS = 0.04 * _AROUND
_FLAT = np.zeros(2)


def _stretches() -> Iterator[tuple[Four, bool]]:
    """Symmetric maps of determinant one, and whether they are for images seen straight on only."""
    for along in (-0.05, 0.0, 0.05):
        for across in (-0.05, 0.0, 0.05):
            yield _stretch(along, across), False
    for along in np.arange(0.1, 0.32, 0.03):
        yield _stretch(along, 0.0), True
        yield _stretch(-along, 0.0), True


def _stretch(along: float, across: float) -> Four:
    root = math.sqrt(1 - along * along - across * across)
    return (1 + along) / root, across / root, across / root, (1 - along) / root


_STRETCHES = tuple(_stretches())


def _unbent(places: Matrix, leans: Matrix) -> Matrix:
    """B⁻ᵀ, (leans, places, 2, 2): where a frequency lies at each place under each lean.

    (I − y pᵀ)⁻¹ = I + y pᵀ / (1 − p·y) (Sherman & Morrison 1950).
    """
    depth = (1 - leans @ places.T)[..., None, None]
    outer = leans[:, None, :, None] * places[None, :, None, :]
    return np.asarray((np.eye(2) + outer / depth) / depth)


@dataclass(frozen=True)
class View:
    """Whitened spectra of windows, (windows, rows, columns): the half plane u ≥ 0 and a margin of the other half.

    `places` are the centres of the windows seen from `centre`, in halves of the longer side (`unit`).
    """

    flats: Array
    places: Matrix
    unit: float
    centre: Matrix
    side: int

    @classmethod
    def of(cls, plane: Array) -> "View | None":
        """The view of a residual; nothing if it is empty."""
        height, width = plane.shape
        side = _LARGE if min(height, width) >= _LARGE_FROM else _SMALL
        found = windows(plane, side, _WINDOWS)
        if not found:
            return None
        unit, centre = max(height, width) / 2, np.array([width / 2, height / 2])
        places = np.array([((one.x, one.y) - centre) / unit for one in found])
        reach = round(_BAND * side)
        return cls(
            np.stack([_widened(whitened(one.power, clip=_CLIP), reach) for one in found]), places, unit, centre, side
        )

    @property
    def _origin(self) -> Matrix:
        return np.array([PAD + _MARGIN, self.flats.shape[1] // 2], float)

    def warped(self, flat: Array, back: Matrix) -> Array:
        """The spectrum with each frequency taken from where `back` maps it."""
        view = np.c_[back, self._origin - back @ self._origin]
        shape = flat.shape[::-1]
        return np.asarray(cv2.warpAffine(flat, view, shape, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP), np.float32)

    def straightened(self, lean: Matrix) -> Array:
        """The sum of all spectra with the lean taken out, its noise as that of one."""
        total = np.zeros_like(self.flats[0])
        for flat, back in zip(self.flats, _unbent(self.places, lean[None])[0], strict=True):
            total += self.warped(flat, back)
        return np.asarray(total / np.float32(np.sqrt(len(self.flats))), np.float32)

    def scores(self, key: MarkKey, matrix: Matrix, leans: Matrix) -> Matrix:
        """The sum over windows and pilots under one map and each of some leans, (n, 2)."""
        carrier = carrier_of(key)
        away = np.linalg.inv(matrix).T @ np.array([carrier.pilot_u, carrier.pilot_v]) * (self.side / SIDE)
        place = _unbent(self.places, leans) @ away
        place = place * np.where(place[:, :, :1] < 0, -1.0, 1.0) + self._origin[:, None]
        _, height, width = self.flats.shape
        inside = (place[:, :, 0] < width - 1) & (place[:, :, 1] >= 0) & (place[:, :, 1] < height - 1)
        whole = np.where(inside[:, :, None], place, 0).astype(np.intp)
        x, y = np.moveaxis(place - whole, 2, 0)
        window = np.arange(len(self.flats))[None, :, None]
        at = (window * height + whole[:, :, 1]) * width + whole[:, :, 0]
        upper = self.flats.take(at) * (1 - x) + self.flats.take(at + 1) * x
        lower = self.flats.take(at + width, mode="clip") * (1 - x) + self.flats.take(at + width + 1, mode="clip") * x
        return np.asarray(((upper * (1 - y) + lower * y) * inside).sum((1, 2)), np.float64)


def _widened(flat: Array, reach: int) -> Array:
    """The band needed, with the first columns of the half plane u < 0: those of u > 0 turned by 180 degrees."""
    middle = flat.shape[0] // 2
    band = flat[middle - reach - PAD : middle + reach + PAD, PAD : PAD + reach + PAD]
    other = flat[middle - reach - PAD + 1 : middle + reach + PAD + 1, PAD + 1 : PAD + 1 + _MARGIN + PAD]
    return np.hstack([other[::-1, ::-1], band])


def leaning(plane: Array, key: MarkKey) -> list[Hypothesis]:
    """The likeliest maps, best first."""
    view = View.of(plane)
    if view is None:
        return []
    plan = Plan(view.side, 1.0, 0.016, _LEAST, _GREATEST)
    found, flats = [], [view.straightened(lean)[:, _MARGIN:] for lean in _LEANS]
    for lean, flat in zip(_LEANS, flats, strict=True):
        soft = np.asarray(cv2.blur(flat, (_BLUR, _BLUR)), np.float32)
        for stretch, straight_on in _STRETCHES:
            if not (straight_on and lean.any()):
                ranked = search(soft, key, plan, most=1, stretch=stretch)
                found += [(score, matrix, lean, flat) for score, matrix in ranked]
    likely = sorted(found, key=lambda one: -one[0])[:_MOST]
    refined = [(*refine(flat, key, view.side, matrix, (0.012,)), lean) for _, matrix, lean, flat in likely]
    for step, count in _CLIMB:
        better: list[Point] = []
        for one in sorted(refined, key=lambda one: -one[0]):
            if len(better) < count and not any(_near(one[1], other[1]) for other in better):
                better.append(_climbed(view, key, one, step))
        refined = better
    return [_hypothesis(view, one) for one in sorted(refined, key=lambda one: -one[0])]


def _near(one: Matrix, other: Matrix) -> bool:
    return float(min(np.abs(one - other).max(), np.abs(one + other).max())) < _SAME


def _climbed(view: View, key: MarkKey, one: Point, steps: tuple[float, float]) -> Point:
    """One step of the lean, then one of the map at the centre."""
    leans = one[2] + _AROUND * steps[1]
    lean = leans[int(np.argmax(view.scores(key, one[1], leans)))]
    score, matrix = refine(view.straightened(lean)[:, _MARGIN:], key, view.side, one[1], (steps[0],))
    return score, matrix, lean


def _hypothesis(view: View, one: Point) -> Hypothesis:
    score, matrix, lean = one
    x, y = (float(part) for part in view.centre)
    along, down = (float(part) for part in lean / view.unit)
    return Hypothesis(score, matrix, x, y, (along, down))
