"""From a rough map to an exact one: each block tells where the pilots stand in it.

Phase correlation (Kuglin & Hines 1975) of a block with the pilots alone gives its shift against the tile; from the
surest block the agreement grows over its neighbours and a homography is fitted to all of them.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.image.geometry import Matrix, apply, extent, fit, translation
from midun.lib.marking.image.tile import SIDE, Carrier

Array = npt.NDArray[np.float32]

_HALF = SIDE // 2
_BLOCKS, _ROUNDS = 40, 3
_SEED, _NEIGHBOUR, _LATER = 3, 3.7, 3.6
_FINE = 0.35
_WIDEST = 16000


@dataclass(frozen=True)
class Agreement:
    """How well the blocks agree: how many of how many, the sum of their squared scores, the median error in pixels."""

    blocks: int
    of: int
    score: float
    error: float


@dataclass(frozen=True)
class _Block:
    x: float
    y: float
    surface: Array

    @property
    def top(self) -> float:
        return float(self.surface.max())

    def peak(self, shift: Matrix, radius: float) -> tuple[float, Matrix] | None:
        """The best place near `shift` (tile pixels): its score in deviations and the exact shift."""
        column, row = round((shift[0] - self.x) / 2), round((shift[1] - self.y) / 2)
        reach = int(np.ceil(radius / 2))
        rows = np.arange(row - reach, row + reach + 1) % _HALF
        columns = np.arange(column - reach, column + reach + 1) % _HALF
        part = self.surface[rows[:, None], columns]
        low, right = divmod(int(np.argmax(part)), 2 * reach + 1)
        if not (0 < low < 2 * reach and 0 < right < 2 * reach):
            return None
        value = float(part[low, right])
        x = right + _vertex(part[low, right - 1], value, part[low, right + 1])
        y = low + _vertex(part[low - 1, right], value, part[low + 1, right])
        return value, np.array([(column - reach + x) * 2 + self.x, (row - reach + y) * 2 + self.y])


def _vertex(before: float, here: float, after: float) -> float:
    bend = float(before - 2 * here + after)
    return 0.0 if abs(bend) < 1e-9 else 0.5 * float(before - after) / bend  # noqa: PLR2004  # flat


def _taper() -> Array:
    edge = np.hanning(_HALF + 2)[1:-1]
    return np.sqrt(edge[:, None] * edge).astype(np.float32)


_TAPER = _taper()


def _blocks(plane: Array, matrix: Matrix, carrier: Carrier) -> tuple[list[_Block], float]:
    """Blocks of one tile each that cover the image, at half resolution, and the distance between them."""
    found = extent(matrix, plane.shape)
    if found is None:
        return [], 0.0
    least, most = found
    size = most - least
    if size.max() > _WIDEST or size.min() < 40:  # noqa: PLR2004  # nothing sane
        return [], 0.0
    area = (size[0] - SIDE * 0.4) * (size[1] - SIDE * 0.4)
    step = max(SIDE / 2, float(np.sqrt(max(1.0, area / _BLOCKS))))
    first, last = least - SIDE * 0.1, np.maximum(least + 1, most - SIDE * 0.6)
    turn = np.exp(-1j * np.pi * (carrier.pilot_u + carrier.pilot_v) / SIDE) * np.conj(carrier.pilot)
    gain = np.exp(2 * np.pi**2 * 0.81 * (carrier.pilot_u**2 + carrier.pilot_v**2) / SIDE**2)
    u, v, factor = carrier.pilot_u, carrier.pilot_v % _HALF, turn * gain
    flip = u < 0
    column, row = np.where(flip, -u, u), np.where(flip, -carrier.pilot_v % _HALF, v)
    blocks = []
    for y in np.arange(first[1], last[1], step):
        for x in np.arange(first[0], last[0], step):
            view = matrix @ np.array([[2, 0, x + 0.5], [0, 2, y + 0.5], [0, 0, 1.0]])
            part = cv2.warpPerspective(plane, view, (_HALF, _HALF), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
            if cv2.countNonZero(part) < 0.3 * part.size:
                continue
            got = np.fft.rfft2(part * _TAPER)[row, column]
            got = np.where(flip, np.conj(got), got) * factor
            spectrum = np.zeros((_HALF, _HALF // 2 + 1), np.complex64)
            spectrum[row, column] = np.where(flip, np.conj(got), got)
            surface = np.fft.irfft2(spectrum, (_HALF, _HALF))
            blocks.append(_Block(float(x), float(y), (surface / (surface.std() + 1e-12)).astype(np.float32)))
    return blocks, step


def synchronise(plane: Array, matrix: Matrix, carrier: Carrier) -> tuple[Matrix, Agreement, float] | None:
    """The exact map tile → image near `matrix`, whose translation is not known yet; nothing if no block agrees.

    The third value is −1 where dark and light are exchanged, else 1.
    """
    sign = 1.0
    blur = 0.9 * max(0.5, float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))))
    soft = np.asarray(cv2.GaussianBlur(plane, (0, 0), blur), np.float32)
    agreement: Agreement | None = None
    for number in range(_ROUNDS):
        blocks, step = _blocks(soft, matrix, carrier)
        if not blocks:
            return None
        centres = np.array([(block.x + SIDE / 2, block.y + SIDE / 2) for block in blocks])
        if number == 0:
            anchor, seen = _grown(blocks, centres, step)
            if len(seen) <= _SEED or 2 * len(seen) < len(blocks):
                dark = [_Block(block.x, block.y, -block.surface) for block in blocks]
                other = _grown(dark, centres, step)
                if _weight(other[1]) > _weight(seen):
                    sign, (anchor, seen) = -1.0, other
        else:
            if sign < 0:
                blocks = [_Block(block.x, block.y, -block.surface) for block in blocks]
            anchor, seen = np.zeros(2), _near_zero(blocks, 12 if number == 1 else 8)
        if not seen:
            return None
        places = list(seen)
        source, weight = centres[places], np.array([seen[n][0] ** 2 for n in places])
        shift = -anchor - np.array([seen[n][1] for n in places])
        model = fit(source, shift, weight)
        matrix = matrix @ np.linalg.inv(model)
        error = float(np.median(np.hypot(*(apply(model, source) - source - shift).T)))
        agreement = Agreement(len(places), len(blocks), float(weight.sum()), error)
        if number == 0 and len(places) < _SEED and weight.sum() < 30:  # noqa: PLR2004  # nothing agrees
            break
        if number and error < _FINE:
            break
    return (matrix, agreement, sign) if agreement else None


def _weight(seen: dict[int, tuple[float, Matrix]]) -> float:
    return sum(value * value for value, _ in seen.values())


def _near_zero(blocks: list[_Block], radius: float) -> dict[int, tuple[float, Matrix]]:
    found = {}
    for n, block in enumerate(blocks):
        peak = block.peak(np.zeros(2), radius)
        if peak and peak[0] > _LATER:
            found[n] = peak
    return found


def _grown(blocks: list[_Block], centres: Matrix, step: float) -> tuple[Matrix, dict[int, tuple[float, Matrix]]]:
    """From each of the three surest blocks: those around that agree. The best of the three."""
    best: tuple[float, Matrix, dict[int, tuple[float, Matrix]]] = (0.0, np.zeros(2), {})
    order = sorted(range(len(blocks)), key=lambda n: -blocks[n].top)[:_SEED]
    for start in order:
        block = blocks[start]
        low, right = divmod(int(np.argmax(block.surface)), _HALF)
        anchor = np.array([block.x + 2 * right, block.y + 2 * low])
        first = block.peak(anchor, 8)
        if first is None:
            continue
        seen = {start: (first[0], first[1] - anchor)}
        while _spread(blocks, centres, step, anchor, seen):
            pass
        if _weight(seen) > best[0]:
            best = (_weight(seen), anchor, seen)
    return best[1], best[2]


def _spread(
    blocks: list[_Block], centres: Matrix, step: float, anchor: Matrix, seen: dict[int, tuple[float, Matrix]]
) -> bool:
    """Take in the neighbours of what was seen that agree with the map so far; whether there were any."""
    places = list(seen)
    source, shift = centres[places], np.array([seen[n][1] for n in places])
    model = (
        fit(source, shift, np.array([seen[n][0] ** 2 for n in places])) if len(places) > 1 else translation(*shift[0])
    )
    before = len(seen)
    for n, block in enumerate(blocks):
        if n in seen or np.hypot(*(source - centres[n]).T).min() > step * 1.6:
            continue
        expected = anchor + apply(model, centres[n : n + 1])[0] - centres[n]
        peak = block.peak(expected, 12 if len(places) < 6 else 8)  # noqa: PLR2004  # few blocks, wide search
        if peak and peak[0] > _NEIGHBOUR:
            seen[n] = (peak[0], peak[1] - anchor)
    return len(seen) > before
