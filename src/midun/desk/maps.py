"""Where the mark lies: each repetition of its tile in an image, a page or an embedded picture, measured and drawn."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from midun.lib.marking.documents.files import Kind, kind_of
from midun.lib.marking.image.detector import detect
from midun.lib.marking.image.files import opened
from midun.lib.marking.image.geometry import apply
from midun.lib.marking.image.residual import residual
from midun.lib.marking.image.tile import SIDE, tile_of
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.trace import Attribution, planes

MOST_MAPS = 20
_MOST_CELLS, _WIDTH, _SEEN, _MOST_PIXELS = 400, 900, 4.0, 40_000_000
Plane = npt.NDArray[np.uint8]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Map:
    """One plane: its place in the leak, its size in pixels, its cells (docs/formats/trace-report.md), the drawing."""

    place: str
    width: int
    height: int
    cells: list[dict[str, Any]]
    drawing: bytes


def maps_of(data: bytes, found: Sequence[Attribution]) -> Iterator[Map]:
    """A map for the image, or for each page or embedded picture in which a copy that was found shows again.

    The geometry of an image is that of the finding; pages and pictures are each read on their own.
    """
    seen = [one for one in found if one.carrier != "text" and one.matrix is not None]
    if not seen:
        return
    is_image = kind_of(data) not in {Kind.PDF, Kind.OFFICE, Kind.TEXT}
    made = 0
    for place, plane in planes(data):
        if made == MOST_MAPS or plane.size > _MOST_PIXELS:
            continue
        read = (seen[0].copy_id, seen[0].matrix, seen[0].key) if is_image else _read(plane, seen)
        if read is None or read[1] is None:
            continue
        height, width = plane.shape
        cells = _cells(plane, read[0], read[1], read[2])
        shown = opened(data).convert("RGB") if is_image else Image.fromarray(plane).convert("RGB")
        yield Map(place, width, height, cells, _drawn(shown, cells))
        made += 1


def _read(plane: Plane, seen: Sequence[Attribution]) -> tuple[bytes, Matrix, MarkKey] | None:
    known = {one.copy_id for one in seen}
    for key in {one.key.fingerprint: one.key for one in seen}.values():
        got = detect(plane, key)
        if got is not None and got.copy_id in known:
            return got.copy_id, got.matrix, key
    return None


def _cells(plane: Plane, copy_id: bytes, matrix: Matrix, key: MarkKey) -> list[dict[str, Any]]:
    """Each tile as it lies in the plane, with its correlation in deviations."""
    height, width = plane.shape
    left = residual(plane)
    pattern = tile_of(copy_id, key)
    pattern = (pattern - pattern.mean()) / pattern.std()
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], float)
    inside = apply(np.asarray(np.linalg.inv(matrix), np.float64), corners)
    low, high = np.floor(inside.min(0) / SIDE).astype(int), np.ceil(inside.max(0) / SIDE).astype(int)
    cells: list[dict[str, Any]] = []
    for row in range(low[1], high[1]):
        for column in range(low[0], high[0]):
            if len(cells) >= _MOST_CELLS:
                break
            square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float) * SIDE + np.array([column, row]) * SIDE
            shift = np.array([[1, 0, column * SIDE], [0, 1, row * SIDE], [0, 0, 1.0]])
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            drawn = cv2.warpPerspective(left, matrix @ shift, (SIDE, SIDE), flags=flags)
            size = float(np.sqrt((drawn**2).sum()))
            if not size:
                continue
            score = abs(float((drawn * pattern).sum())) / size
            points = [[round(x, 1), round(y, 1)] for x, y in apply(matrix, square)]
            cells.append({"points": points, "score": round(score, 1)})
    return cells


def _drawn(image: Image.Image, cells: list[dict[str, Any]]) -> bytes:
    scale = min(1.0, _WIDTH / max(image.size))
    image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    over = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(over)
    for cell in cells:
        points = [(x * scale, y * scale) for x, y in cell["points"]]
        seen = cell["score"] >= _SEEN
        pen.polygon(points, fill=(255, 190, 0, 70) if seen else None, outline=(214, 110, 0, 255 if seen else 110))
    out = io.BytesIO()
    Image.alpha_composite(image.convert("RGBA"), over).convert("RGB").save(out, "PNG")
    return out.getvalue()
