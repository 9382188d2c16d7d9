"""Finding rotation and scale: pilots in the power spectrum.

The power spectrum does not move with the image (Kutter 1998; Pereira & Pun 2000, template matching in the spectrum);
rotating and scaling the image rotates and inversely scales it, so 32 keyed peaks are looked for over all angles and
scales, then refined to a general 2 × 2 map.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.image.tile import SIDE, carrier_of
from midun.lib.marking.keys import MarkKey

Array = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]
Four = tuple[float, float, float, float]

STRAIGHT: Four = (1.0, 0.0, 0.0, 1.0)

SMALLEST, LARGEST = 0.33, 2.7
"""Scales searched, in pixels of the image per pixel of the tile."""

_CLIP, PAD, _WHITEN = 12.0, 2, (17, 17)


@dataclass(frozen=True)
class Window:
    """The power spectrum of one window: centre in the image and |FFT|²/power, shape (side, side // 2 + 1)."""

    x: float
    y: float
    power: Array


@dataclass(frozen=True)
class Hypothesis:
    """A map tile → image without its translation, the score of the pilots under it, and where it was measured.

    `lean` is the slope of the perspective there, p of perspective.py, per pixel.
    """

    score: float
    matrix: Matrix
    x: float
    y: float
    lean: tuple[float, float] = (0.0, 0.0)


def _starts(length: int, side: int) -> npt.NDArray[np.intp]:
    steps = max(1, int(np.ceil((length - side) / (side * 0.5)))) if length > side else 0
    return np.unique(np.linspace(0, length - side, steps + 1).round().astype(np.intp))


@functools.cache
def _taper(length: int, share: float = 0.5) -> Array:
    """Tukey's window (Harris 1978)."""
    place = np.arange(length) / (length - 1)
    edge = np.minimum(np.minimum(place, 1 - place) / (share / 2), 1.0)
    return (0.5 - 0.5 * np.cos(np.pi * edge)).astype(np.float32)


def windows(plane: Array, side: int, most: int) -> list[Window]:
    """Spectra of up to `most` windows that cover the residual evenly."""
    height, width = plane.shape
    if height < side or width < side:
        plane = np.pad(plane, ((0, max(0, side - height)), (0, max(0, side - width))))
    places = [(y, x) for y in _starts(plane.shape[0], side) for x in _starts(plane.shape[1], side)]
    if len(places) > most:
        places = [places[n] for n in np.linspace(0, len(places) - 1, most).round().astype(int)]
    taper = _taper(side)[:, None] * _taper(side)
    found = []
    for y, x in places:
        block = plane[y : y + side, x : x + side]
        power = float(cv2.norm(block, cv2.NORM_L2SQR)) / block.size
        if power > 1e-7:  # noqa: PLR2004  # an empty window
            spectrum = np.fft.rfft2(block * taper)
            found.append(Window(x + side / 2, y + side / 2, _power(spectrum) / np.float32(power)))
    return found


def whole(plane: Array) -> tuple[int, Array]:
    """The spectrum of a small image in one piece, padded to 512 or 1024: finer than windows, no perspective."""
    height, width = plane.shape
    side = 512 if max(height, width) <= 512 else 1024  # noqa: PLR2004  # next size of the transform
    y, x = max(0, (height - side) // 2), max(0, (width - side) // 2)
    part = plane[y : y + side, x : x + side]
    part = part * _taper(part.shape[0], 0.15)[:, None] * _taper(part.shape[1], 0.15)
    return side, _power(np.fft.rfft2(part, (side, side)))


def _power(spectrum: npt.NDArray[np.complexfloating]) -> Array:
    return np.asarray(spectrum.real**2 + spectrum.imag**2, np.float32)


def whitened(power: Array, *, mirrored: bool = False, blur: int = 0, clip: float = _CLIP) -> Array:
    """Power over its local mean, clipped, minus one; rows from the most negative frequency, padded by two."""
    full = np.fft.fftshift(power, axes=0)
    if mirrored:
        full = np.roll(full[::-1], 1, axis=0)
    mean = cv2.blur(full, _WHITEN, borderType=cv2.BORDER_REFLECT) + 1e-9
    flat = np.minimum(full / mean, clip) - 1.0
    if blur:
        flat = np.asarray(cv2.blur(flat, (blur, blur)) * blur)
    return np.ascontiguousarray(np.pad(flat, PAD), np.float32)


@dataclass(frozen=True)
class _Template:
    """Where the pilots of one key stand in log-polar coordinates of a spectrum, in steps of the search."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    scales: Matrix
    along: Array
    down: Array


@functools.lru_cache(128)
def _template(key: MarkKey, shape: tuple[int, int], plan: "Plan", stretch: Four) -> _Template:
    carrier = carrier_of(key)
    turns = round(180 / plan.angle_step)
    scales = np.exp(np.arange(np.log(plan.least), np.log(plan.most), plan.scale_step))
    radius = np.log(np.hypot(carrier.pilot_u, carrier.pilot_v) / SIDE)
    angle = np.degrees(np.arctan2(carrier.pilot_v, carrier.pilot_u)) % 180
    columns = np.round((radius.max() - radius) / plan.scale_step).astype(int)
    around = np.radians(np.arange(turns) * plan.angle_step)[:, None]
    steps = np.arange(columns.max() + len(scales))
    reach = np.exp(radius.max() - np.log(plan.least) - steps * plan.scale_step) * plan.side
    back = np.linalg.inv(np.reshape(stretch, (2, 2))).T
    x, y = np.einsum("ij,jab->iab", back, np.stack([np.cos(around) * reach, np.sin(around) * reach]))
    flip = np.where(x < 0, -1.0, 1.0)
    return _Template(
        tuple(int(n) for n in np.round(angle / plan.angle_step).astype(int) % turns),
        tuple(int(n) for n in columns),
        scales,
        np.asarray(x * flip + PAD, np.float32),
        np.asarray(y * flip + shape[0] // 2, np.float32),
    )


@dataclass(frozen=True)
class Plan:
    """How finely and how far rotation (degrees) and scale (its logarithm) are searched, in spectra of a `side`."""

    side: int
    angle_step: float = 0.5
    scale_step: float = 0.008
    least: float = SMALLEST
    most: float = LARGEST


def search(
    flat: Array, key: MarkKey, plan: Plan, *, most: int = 3, stretch: Four = STRAIGHT
) -> Iterator[tuple[float, Matrix]]:
    """The best maps, best first: score in deviations over all that were tried, and matrix.

    In log-polar coordinates rotation and scale are shifts (Reddy & Chatterji 1996), so the scores of all of them are
    the sum of as many shifted copies of the spectrum as there are pilots. A `stretch` is applied after both.
    """
    template = _template(key, (flat.shape[0], flat.shape[1]), plan, stretch)
    polar = cv2.remap(flat, template.along, template.down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    turns, width = len(polar), len(template.scales)
    polar = np.concatenate([polar, polar])
    scores = np.zeros((turns, width), np.float32)
    for row, column in zip(template.rows, template.columns, strict=True):
        scores += polar[row : row + turns, column : column + width]
    scores -= scores.mean(0)
    scores /= scores.std(0) + np.float32(1e-9)
    near_angle, near_scale = round(2 / plan.angle_step), round(0.035 / plan.scale_step)
    for _ in range(most):
        row, column = divmod(int(np.argmax(scores)), width)
        matrix = similarity(row * plan.angle_step, float(template.scales[column]))
        yield float(scores[row, column]), np.reshape(stretch, (2, 2)) @ matrix
        around = np.arange(row - near_angle, row + near_angle + 1) % turns
        scores[around, max(0, column - near_scale) : column + near_scale + 1] = -9e9


def similarity(degrees: float, scale: float) -> Matrix:
    """Rotation and scale as a 2 × 2 matrix."""
    angle = np.radians(degrees)
    return scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


_STEPS = np.array(np.meshgrid(*[np.arange(-2, 3)] * 4, indexing="ij")).reshape(4, -1).T.reshape(-1, 2, 2)


def refine(flat: Array, key: MarkKey, side: int, matrix: Matrix, steps: tuple[float, ...]) -> tuple[float, Matrix]:
    """Climb to the general 2 × 2 map under which the pilots are strongest, by steps relative to the scale."""
    carrier = carrier_of(key)
    pilots = np.array([carrier.pilot_u, carrier.pilot_v], np.float32) / np.float32(SIDE)
    values, stride, middle = flat.ravel(), flat.shape[1], flat.shape[0] // 2
    limit = min(stride, middle) - PAD - 2
    best = -9.0
    for step in steps:
        tried = _STEPS * step * np.sqrt(abs(np.linalg.det(matrix))) + matrix
        inverse = np.linalg.inv(tried).transpose(0, 2, 1).astype(np.float32)
        place = inverse @ pilots * np.float32(side)
        flip = np.where(place[:, 0] < 0, np.float32(-1), np.float32(1))
        x, y = place[:, 0] * flip, place[:, 1] * flip
        inside = (x < limit) & (np.abs(y) < limit)
        x, y = np.where(inside, x, 0), np.where(inside, y, 0)
        left, top = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
        right_part, low_part = x - left, y - top
        at = (top + middle) * stride + left + PAD
        upper = values.take(at) * (1 - right_part) + values.take(at + 1) * right_part
        lower = values.take(at + stride) * (1 - right_part) + values.take(at + stride + 1) * right_part
        got = (upper * (1 - low_part) + lower * low_part) * inside
        score = got.sum(1) / np.sqrt(np.maximum(inside.sum(1), 12))
        winner = int(np.argmax(score))
        best, matrix = float(score[winner]), tried[winner]
    return best, matrix
