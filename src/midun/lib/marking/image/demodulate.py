"""All tiles of an image laid over each other, and the soft code symbols read from them."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.code.convolution import SYMBOLS
from midun.lib.marking.image.geometry import Matrix, extent, translation
from midun.lib.marking.image.tile import HIGH, LOW, SIDE, Carrier

Array = npt.NDArray[np.float32]

_RINGS, _MOST = 12, 60_000_000


@dataclass(frozen=True)
class Tiles:
    """The residual in the tile plane, cut into tiles: shape (rows, 256, columns, 256), and the first tile's corner."""

    plane: Array
    corner: Matrix

    def folded(self) -> Array:
        """The sum of all tiles, (256, 256)."""
        return np.asarray(self.plane.sum((0, 2)), np.float32)


def straightened(plane: Array, matrix: Matrix) -> Tiles | None:
    """Draw the residual into the tile plane; nothing if the map makes it absurdly large."""
    found = extent(matrix, plane.shape)
    if found is None:
        return None
    least, most = np.floor(found[0] / SIDE) * SIDE, np.ceil(found[1] / SIDE) * SIDE
    width, height = (most - least).astype(int)
    if width * height > _MOST or min(width, height) < 1:
        return None
    view = matrix @ translation(*least)
    drawn = cv2.warpPerspective(plane, view, (int(width), int(height)), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return Tiles(np.asarray(drawn, np.float32).reshape(height // SIDE, SIDE, width // SIDE, SIDE), least)


def pilot_score(folded: Array, carrier: Carrier) -> float:
    """How far the pilots stand out of the noise of the data around them, in deviations: it tells whether to decode."""
    spectrum = np.fft.fft2(folded)
    got = spectrum[carrier.pilot_v % SIDE, carrier.pilot_u % SIDE] * np.conj(carrier.pilot)
    radius = np.hypot(carrier.pilot_u, carrier.pilot_v) / SIDE
    power = np.abs(spectrum[carrier.data_v % SIDE, carrier.data_u % SIDE]) ** 2
    ring, here = (
        np.clip((r - LOW) / (HIGH - LOW) * _RINGS, 0, _RINGS - 1).astype(int) for r in (carrier.radius, radius)
    )
    noise = np.bincount(ring, power, _RINGS) / np.maximum(np.bincount(ring, minlength=_RINGS), 1)
    weight = 1.0 / np.sqrt(noise[here] + 1e-12)
    return float((got.real * weight).sum() / np.sqrt(len(weight) / 2))


def soft_dimensions(folded: Array, carrier: Carrier) -> tuple[Array, Array]:
    """Soft value of each data dimension and its variance without a mark.

    Each ring of frequencies is weighted by its noise (maximal ratio combining, Brennan 1959).
    """
    got = np.fft.fft2(folded)[carrier.data_v % SIDE, carrier.data_u % SIDE]
    ring = np.clip((carrier.radius - LOW) / (HIGH - LOW) * _RINGS, 0, _RINGS - 1).astype(int)
    power = np.abs(got) ** 2
    noise = (np.bincount(ring, power, _RINGS) / np.maximum(np.bincount(ring, minlength=_RINGS), 1))[ring] + 1e-12
    weight = carrier.gain / noise
    values, variance = np.empty(2 * len(got)), np.repeat(weight * weight * noise / 2, 2)
    values[0::2], values[1::2] = got.real * weight, got.imag * weight
    return np.asarray(values, np.float32), np.asarray(variance, np.float32)


def soft_symbols(dimensions: tuple[Array, Array], carrier: Carrier) -> Array:
    """Soft values of the 672 code bits, of unit variance without a mark."""
    values, variance = dimensions
    total = np.bincount(carrier.symbol, values * carrier.sign, SYMBOLS)
    spread = np.bincount(carrier.symbol, variance, SYMBOLS)
    return np.asarray(total / np.sqrt(spread + 1e-30), np.float32)
