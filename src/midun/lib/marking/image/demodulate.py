"""All tiles of an image laid over each other, and the soft code symbols read from them."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from midun.lib.marking.code.convolution import SYMBOLS
from midun.lib.marking.image.geometry import Matrix, extent, translation
from midun.lib.marking.image.tile import HIGH, LOW, PILOT_ENERGY, SIDE, Carrier

Array = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complexfloating]

_RINGS, _MOST = 12, 60_000_000
_SHIFTS = (0.0, -1.0, -0.5, 0.5, 1.0)


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


def _noise(spectrum: Spectrum, carrier: Carrier) -> npt.NDArray[np.float64]:
    """Mean power of the data around each pilot, by rings of frequency."""
    radius = np.hypot(carrier.pilot_u, carrier.pilot_v) / SIDE
    power = np.abs(spectrum[carrier.data_v % SIDE, carrier.data_u % SIDE]) ** 2
    ring, here = (
        np.clip((r - LOW) / (HIGH - LOW) * _RINGS, 0, _RINGS - 1).astype(int) for r in (carrier.radius, radius)
    )
    noise = np.bincount(ring, power, _RINGS) / np.maximum(np.bincount(ring, minlength=_RINGS), 1)
    return np.asarray(noise[here] + 1e-12)


def pilot_score(folded: Array, carrier: Carrier) -> float:
    """How far the pilots stand out of the noise of the data around them, in deviations: it tells whether to decode."""
    return _pilot_score(np.fft.fft2(folded), carrier)


def _pilot_score(spectrum: Spectrum, carrier: Carrier) -> float:
    got = spectrum[carrier.pilot_v % SIDE, carrier.pilot_u % SIDE] * np.conj(carrier.pilot)
    weight = 1.0 / np.sqrt(_noise(spectrum, carrier))
    return float((got.real * weight).sum() / np.sqrt(len(weight) / 2))


def pilot_surface(folded: Array, carrier: Carrier) -> Array:
    """The same score for every shift of the tile, (256, 256)."""
    spectrum = np.fft.fft2(folded)
    u, v = carrier.pilot_u % SIDE, carrier.pilot_v % SIDE
    alone = np.zeros((SIDE, SIDE), np.complex64)
    alone[v, u] = spectrum[v, u] * np.conj(carrier.pilot) / np.sqrt(_noise(spectrum, carrier))
    return np.asarray(np.fft.ifft2(alone).real * (SIDE * SIDE / np.sqrt(len(u) / 2)), np.float32)


def likely_shifts(folded: Array, carrier: Carrier) -> list[tuple[float, float]]:
    """By how much (x, y; at most a pixel each) the tile may lie beside where it was taken to be, likeliest first.

    Pilots are known, of data only that a symbol's dimensions agree, so their log-likelihood is
    that of antipodal signals of unknown sign at low signal-to-noise ratio (Proakis 2001, §6.2.4: non-decision-directed
    estimation).
    """
    spectrum = np.fft.fft2(folded)
    u, v = (np.fft.fftfreq(SIDE),) * 2
    found = []
    for x in _SHIFTS:
        for y in _SHIFTS:
            turned = spectrum * np.exp(2j * np.pi * v * y)[:, None] * np.exp(2j * np.pi * u * x)
            score = _pilot_score(turned, carrier)
            soft = soft_symbols(_dimensions(turned, carrier), carrier)
            share = score * score * (1 - PILOT_ENERGY) / PILOT_ENERGY / SYMBOLS
            likelihood = score * abs(score) + share * float((soft * soft).sum())
            found.append((likelihood, x, y))
    return [(x, y) for _, x, y in sorted(found, reverse=True)]


def soft_dimensions(folded: Array, carrier: Carrier) -> tuple[Array, Array]:
    """Soft value of each data dimension and its variance without a mark.

    Each ring of frequencies is weighted by its noise (maximal ratio combining, Brennan 1959).
    """
    return _dimensions(np.fft.fft2(folded), carrier)


def _dimensions(spectrum: Spectrum, carrier: Carrier) -> tuple[Array, Array]:
    got = spectrum[carrier.data_v % SIDE, carrier.data_u % SIDE]
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
