"""How far the glyphs of a leaked page stand aside, measured against the original page.

The leak is laid over the original by matched features (SIFT, Lowe 2004; homography by RANSAC, Fischler & Bolles 1981).
Each glyph of the original is sought around its place by normalised correlation, to a part of a pixel; the distance of
a moved glyph is taken against the unmoved ones beside it, so that what remains of the misalignment cancels out.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pikepdf
import pypdfium2

from midun.lib.marking.glyphs.content import Glyph, glyphs_of
from midun.lib.marking.glyphs.score import Measured

Gray = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]

DPI = 200
MOST_PAGES = 100
_FEATURES, _RATIO, _LEAST_MATCHES, _TOLERANCE = 6_000, 0.8, 16, 3.0
_SIDE, _COARSE = 2_600, 900
"""Pixels of the longer side for measuring, and for matching: there features span words, of which few are alike."""
_AROUND, _ALIKE, _INK, _MOST = 5, 0.35, 10.0, 3.0
_BESIDE = (-3, -1, 1, 3)
_NEAR = 4.0
_FEWEST = 20
_FLAT = -1e-6


@dataclass(frozen=True)
class _Page:
    """A page of the original: its pixels, and the movable glyphs as boxes (left, top, right, bottom) in pixels."""

    number: int
    pixels: Gray
    boxes: npt.NDArray[np.float64]
    along: npt.NDArray[np.float64]


def measured(original: bytes, leak: Gray, most: int = MOST_PAGES) -> Iterator[Measured]:
    """What the leak tells of each page of the original that it shows: usually of one.

    Args:
        original: the PDF that copies were made of.
        leak: a picture of a page or of part of one, (rows, columns).
        most: pages of the original looked at.

    Raises:
        pypdfium2.PdfiumError, pikepdf.PdfError: the original cannot be read.

    """
    small, coarse = _at_most(leak, _SIDE), _at_most(leak, _COARSE)
    finder, ratio = cv2.SIFT.create(_FEATURES), small.shape[0] / coarse.shape[0]
    points, words = finder.detectAndCompute(coarse, None)
    if words is None or len(points) < _LEAST_MATCHES:
        return
    for page in _pages(original, most):
        shown = _at_most(page.pixels, _COARSE)
        coarse_map = _laid_over(finder, shown, points, np.asarray(words, np.float32))
        if coarse_map is None:
            continue
        scale = page.pixels.shape[0] / shown.shape[0]
        back = np.diag([scale, scale, 1]) @ coarse_map @ np.diag([1 / ratio, 1 / ratio, 1])
        rows, columns = page.pixels.shape
        over = cv2.warpPerspective(small, back, (columns, rows), flags=cv2.INTER_CUBIC, borderValue=255)
        found = _aside(page, over.astype(np.uint8))
        if found is not None:
            yield found


def _at_most(plane: Gray, side: int) -> Gray:
    factor = min(1.0, side / max(plane.shape))
    if factor == 1:
        return plane
    return cv2.resize(plane, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _pages(original: bytes, most: int) -> Iterator[_Page]:
    with pikepdf.open(io.BytesIO(original)) as held:
        shown = pypdfium2.PdfDocument(original)
        try:
            for number in range(min(most, len(shown))):
                page = held.pages[number]
                found = glyphs_of(page)
                if len(found) >= _FEWEST:
                    yield _placed(number, page, shown[number], found)
        finally:
            shown.close()


def _placed(number: int, page: pikepdf.Page, shown: pypdfium2.PdfPage, found: Sequence[Glyph]) -> _Page:
    """Boxes in pixels of the rendered page: the crop box, turned as the page says (ISO 32000-1 §7.7.3.3)."""
    plane = shown.render(scale=DPI / 72, grayscale=True).to_numpy()
    pixels = np.ascontiguousarray(plane.reshape(plane.shape[:2]), np.uint8)
    left, bottom, right, top = (float(value) for value in page.cropbox)
    to_unit = np.array(
        [[1 / (right - left), 0, -left / (right - left)], [0, -1 / (top - bottom), top / (top - bottom)]]
    )
    for _ in range(int(page.obj.get("/Rotate", 0)) // 90 % 4):
        to_unit = np.array([[0, -1, 1], [1, 0, 0]]) @ np.vstack([to_unit, [0, 0, 1]])
    rows, columns = pixels.shape
    matrix = np.diag([columns, rows]) @ to_unit
    boxes = np.array([one.box for one in found])
    ends = [np.column_stack([boxes[:, x], boxes[:, y], np.ones(len(boxes))]) @ matrix.T for x, y in ((0, 1), (2, 3))]
    along = np.array([one.along for one in found]) @ matrix[:, :2].T
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    return _Page(number, pixels, np.hstack([np.minimum(*ends), np.maximum(*ends)]), along)


def _laid_over(
    finder: cv2.SIFT, page: Gray, points: Sequence[cv2.KeyPoint], words: npt.NDArray[np.floating]
) -> Matrix | None:
    """The map from the leak to the page."""
    here, known = finder.detectAndCompute(page, None)
    if known is None or len(here) < _LEAST_MATCHES:
        return None
    pairs = cv2.BFMatcher().knnMatch(words, known, k=2)
    good = [pair[0] for pair in pairs if len(pair) > 1 and pair[0].distance < _RATIO * pair[1].distance]
    if len(good) < _LEAST_MATCHES:
        return None
    there = np.array([points[one.queryIdx].pt for one in good], np.float32)
    seen = np.array([here[one.trainIdx].pt for one in good], np.float32)
    matrix, kept = cv2.findHomography(there, seen, cv2.RANSAC, _TOLERANCE, maxIters=5000)
    if matrix is None or int(kept.sum()) < _LEAST_MATCHES:
        return None
    return np.asarray(matrix, np.float64)


def _aside(page: _Page, over: Gray) -> Measured | None:
    """The moved glyphs against those beside them on the same line."""
    own = cv2.GaussianBlur(255 - page.pixels, (0, 0), 0.8).astype(np.float32)
    leak = (255 - over).astype(np.float32)
    moves = np.array([_found(own, leak, box) for box in page.boxes])
    along = (moves * page.along).sum(axis=1)
    across = page.boxes[:, 3] if abs(page.along[0][0]) > abs(page.along[0][1]) else page.boxes[:, 2]
    numbers, aside = [], []
    for n in range(1, len(along), 2):
        beside = [
            along[m]
            for m in (n + step for step in _BESIDE)
            if 0 <= m < len(along) and abs(across[m] - across[n]) < _NEAR
        ]
        beside = [one for one in beside if not np.isnan(one)]
        if beside and not np.isnan(along[n]) and abs(along[n] - np.mean(beside)) <= _MOST:
            numbers.append(n)
            aside.append(along[n] - np.mean(beside))
    if len(numbers) < _FEWEST:
        return None
    return Measured(page.number, np.array(numbers), np.array(aside) - np.median(aside))


def _found(own: Plane, leak: Plane, box: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Where a glyph of the original is found in the leak, (x, y) from its place; not a number if it is not."""
    nowhere = (np.nan, np.nan)
    left, top = int(box[0]) - 1, int(box[1])
    right, bottom = int(np.ceil(box[2])) + 2, int(np.ceil(box[3])) + 1
    rows, columns = own.shape
    if min(left, top) < _AROUND or right > columns - _AROUND or bottom > rows - _AROUND:
        return nowhere
    glyph = own[top:bottom, left:right]
    around = leak[top - _AROUND : bottom + _AROUND, left - _AROUND : right + _AROUND]
    if glyph.std() < _INK or around.std() < _INK / 2:
        return nowhere
    alike = cv2.matchTemplate(around, glyph, cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(alike)
    last = 2 * _AROUND
    if best < _ALIKE or not (0 < x < last and 0 < y < last):
        return nowhere
    return x - _AROUND + _between(*alike[y, x - 1 : x + 2]), y - _AROUND + _between(*alike[y - 1 : y + 2, x])


def _between(before: float, at: float, after: float) -> float:
    """The top of the parabola through three neighbours, from the middle one."""
    bend = before - 2 * at + after
    return float(0.5 * (before - after) / bend) if bend < _FLAT else 0.0
