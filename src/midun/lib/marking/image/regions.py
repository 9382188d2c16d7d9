"""Where in an image one mark was seen.

Each place is asked for itself: the residual around it is correlated with the data pattern of the id that was read, and
with those of ids that nobody has. The latter tell the noise at that place, so the map holds where the picture is rough
as well as where it is flat.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.code.convolution import SYMBOLS, encode
from midun.lib.marking.code.message import pack
from midun.lib.marking.image.demodulate import Tiles
from midun.lib.marking.image.geometry import Matrix, apply
from midun.lib.marking.image.tile import SIDE, Carrier
from midun.lib.marking.image.trial import Reading
from midun.lib.marking.keys import MarkKey

Array = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

SEEN, SURE = 3.0, 5.0
"""Deviations at a place to count as seen, and within an area for the area to count."""

_HALF, _DECOYS, _WIDTHS = SIDE // 2, 4, (160, 96, 48)
_THIN, _LEVEL, _INSIDE = 16, 0.35, 0.6
_LONG, _LEAST_CELL, _MOST_BOXES = 128, 8, 32

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Regions:
    """The places of one mark: `boxes` (left, top, right, bottom; pixels, the largest area first), `share` of the image.

    `mask` says the same in full: cells of equal size over the image, row by row, true where the mark was seen.
    """

    mask: Mask
    boxes: tuple[Box, ...]
    share: float


@dataclass(frozen=True)
class Support:
    """Deviations around each place of the straightened residual, at half its resolution."""

    deviations: Array
    corner: Matrix

    def at(self, places: Matrix) -> Array:
        """At places of the tile plane, (n, 2); 0 outside."""
        index = np.floor((places - self.corner) / 2).astype(np.intp)
        height, width = self.deviations.shape
        inside = (index >= 0).all(1) & (index[:, 0] < width) & (index[:, 1] < height)
        index = np.where(inside[:, None], index, 0)
        return np.asarray(np.where(inside, self.deviations[index[:, 1], index[:, 0]], 0), np.float32)


def support_of(reading: Reading, carrier: Carrier, key: MarkKey) -> Support:
    """How far each place speaks for the id: over windows as small as the strength of the mark allows."""
    code = encode(pack(reading.copy_id, key))
    plane = _halved(reading.tiles)
    product = _times(plane, carrier.data_pattern(code)) * np.float32(reading.sign)
    decoys = [_times(plane, carrier.data_pattern(decoy)) for decoy in _decoys()]
    inside: Mask | None = None
    best: Array | None = None
    for width in _WIDTHS:
        found = _deviations(product, decoys, width)
        thin = found[::_THIN, ::_THIN]
        if inside is None:
            top = float(np.percentile(thin, 99))
            found[found < _LEVEL * top] = 0  # a window half over the edge has half of the deviations
            inside, best = thin > _INSIDE * top, found
        elif inside.any() and np.percentile(thin[inside], 20) > SEEN:
            best = found
        else:
            break
    return Support(np.zeros_like(plane) if best is None else best, reading.tiles.corner)


def _deviations(product: Array, decoys: list[Array], width: int) -> Array:
    noise = np.zeros_like(product)
    for decoy in decoys:
        once = _sum(decoy, width)
        noise += once * once
    noise = np.asarray(cv2.blur(noise, (2 * width + 1, 2 * width + 1)) / np.float32(len(decoys)), np.float32)
    return np.asarray(_sum(product, width) / np.sqrt(noise + (1e-3 * float(noise.max()) + 1e-12)), np.float32)


def _halved(tiles: Tiles) -> Array:
    rows, _, columns, _ = tiles.plane.shape
    whole = tiles.plane.reshape(rows * SIDE, columns * SIDE)
    return np.asarray(cv2.resize(whole, (columns * _HALF, rows * _HALF), interpolation=cv2.INTER_AREA), np.float32)


def _times(plane: Array, pattern: Array) -> Array:
    small = cv2.resize(pattern, (_HALF, _HALF), interpolation=cv2.INTER_AREA)
    rows, columns = plane.shape[0] // _HALF, plane.shape[1] // _HALF
    return np.asarray(plane * np.tile(small, (rows, columns)), np.float32)


def _sum(values: Array, width: int) -> Array:
    return np.asarray(cv2.boxFilter(values, -1, (width, width), normalize=False, borderType=cv2.BORDER_CONSTANT))


def _decoys() -> list[npt.NDArray[np.int8]]:
    """Code words that belong to no id, always the same."""
    return [np.random.default_rng(n).integers(0, 2, SYMBOLS).astype(np.int8) for n in range(_DECOYS)]


def regions(support: Support, matrix: Matrix, shape: tuple[int, ...]) -> Regions:
    """The regions of one reading in an image of `shape`, into which `matrix` maps the tile plane."""
    height, width = shape[:2]
    cell = max(_LEAST_CELL, -(-max(height, width) // _LONG))
    rows, columns = -(-height // cell), -(-width // cell)
    y, x = (np.indices((rows, columns)).reshape(2, -1) + 0.5) * cell
    inverse = np.asarray(np.linalg.inv(matrix), np.float64)
    places = apply(inverse, np.column_stack([x, y]).astype(np.float64))
    seen = support.at(places).reshape(rows, columns)
    mask, boxes = _areas(seen)
    limits = [(left * cell, top * cell, min(width, r * cell), min(height, b * cell)) for left, top, r, b in boxes]
    return Regions(mask, tuple(limits), float(mask.mean()))


def _areas(seen: Array) -> tuple[Mask, list[Box]]:
    """Connected areas that are sure somewhere, and their boxes in cells."""
    count, label, stats, _ = cv2.connectedComponentsWithStats((seen > SEEN).astype(np.uint8), connectivity=4)
    mask = np.zeros(seen.shape, bool)
    boxes = []
    for number in sorted(range(1, count), key=lambda n: -stats[n, cv2.CC_STAT_AREA])[:_MOST_BOXES]:
        here = label == number
        if seen[here].max() > SURE:
            mask |= here
            left, top, width, height = (int(v) for v in stats[number, :4])
            boxes.append((left, top, left + width, top + height))
    return mask, boxes
