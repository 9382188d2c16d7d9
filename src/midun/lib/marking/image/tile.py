"""The keyed pattern: a periodic tile of 256 × 256 pixels, built in the frequency domain.

A periodic spread-spectrum mark survives cropping because every tile carries everything (Cox et al. 1997; Kutter 1998:
periodic marks as their own template). 32 *pilots* of known phase give the geometry; about 2,000 *data* frequencies
carry the codeword, each twice (real and imaginary part).
"""

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from midun.lib.marking.code.convolution import SYMBOLS, encode
from midun.lib.marking.code.message import pack
from midun.lib.marking.collusion.code import word
from midun.lib.marking.keys import MarkKey, keystream, permutation

SIDE = 256
"""Side of a tile in pixels of the image it was embedded in."""

LOW, HIGH = 0.035, 0.18
"""Band of the data in cycles per pixel: below lies the picture, above what JPEG and scaling throw away."""

PILOTS, PILOT_BAND, PILOT_ENERGY = 32, (0.05, 0.135), 0.38
SLOPE = 0.4
TRACING_ENERGY = 2 / 3
"""Data amplitude falls with this power of the frequency: the picture under it does too."""

PEAK = 2.6
_AXIS_DEGREES = 9.0
_APART = 9

Array = npt.NDArray[np.float32]
Code = npt.NDArray[np.int8]
Word = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Carrier:
    """Where pilots and data of one key stand in the spectrum of a tile. All arrays are one-dimensional.

    `pilot_u`, `pilot_v`: integer frequencies; `pilot`: their unit phasors. `data_u`, `data_v`, `radius` (cycles per
    pixel), `gain` (amplitude): data frequencies; `symbol`, `sign`: for each real dimension (real and imaginary parts
    alternating) which code bit it carries, and with which sign.
    """

    pilot_u: npt.NDArray[np.intp]
    pilot_v: npt.NDArray[np.intp]
    pilot: npt.NDArray[np.complex64]
    data_u: npt.NDArray[np.intp]
    data_v: npt.NDArray[np.intp]
    radius: npt.NDArray[np.float64]
    gain: npt.NDArray[np.float64]
    symbol: npt.NDArray[np.intp]
    sign: npt.NDArray[np.float64]

    def pattern(self, code: Code, word: Word | None = None) -> Array:
        """The tile of a codeword: shape (256, 256), mean 0, deviation 1 before its peaks are cut at 2.6.

        A `word` of the traitor-tracing code, one symbol per dimension, takes two thirds of the energy of the data.
        """
        data = self._data(code)
        if word is not None:
            signs = 2.0 * word - 1.0
            traced = (signs[0::2] + 1j * signs[1::2]) * self.gain
            data = data * np.sqrt(1 - TRACING_ENERGY) + traced * np.sqrt(TRACING_ENERGY)
        energy = float((np.abs(data) ** 2).sum()) * PILOT_ENERGY / (1 - PILOT_ENERGY)
        spectrum = np.zeros((SIDE, SIDE), complex)
        spectrum[self.data_v % SIDE, self.data_u % SIDE] = data
        spectrum[self.pilot_v % SIDE, self.pilot_u % SIDE] = np.sqrt(energy / len(self.pilot)) * self.pilot
        tile = np.fft.ifft2(spectrum).real
        return np.asarray(np.clip(tile / tile.std(), -PEAK, PEAK), np.float32)

    def data_pattern(self, code: Code) -> Array:
        """What the data alone add to a tile: shape (256, 256), deviation 1. Differs from copy to copy as a whole."""
        spectrum = np.zeros((SIDE, SIDE), complex)
        spectrum[self.data_v % SIDE, self.data_u % SIDE] = self._data(code)
        tile = np.fft.ifft2(spectrum).real
        return np.asarray(tile / tile.std(), np.float32)

    def _data(self, code: Code) -> npt.NDArray[np.complex128]:
        values = (1.0 - 2.0 * code)[self.symbol] * self.sign
        return np.asarray((values[0::2] + 1j * values[1::2]) * self.gain)


@functools.lru_cache(16)
def carrier_of(key: MarkKey) -> Carrier:
    """The carrier of a key; cached."""
    axis = np.arange(SIDE) - SIDE * (np.arange(SIDE) >= SIDE // 2)
    u, v = np.meshgrid(axis, axis)
    radius = np.hypot(u, v) / SIDE
    upper = (v > 0) | ((v == 0) & (u > 0))
    usable = upper & (radius >= LOW) & (radius <= HIGH) & (np.abs(u) > 2) & (np.abs(v) > 2)  # noqa: PLR2004  # off axes
    angle = np.degrees(np.arctan2(v, u)) % 90
    fit = (angle > _AXIS_DEGREES) & (angle < 90 - _AXIS_DEGREES)
    fit &= usable & (radius >= PILOT_BAND[0]) & (radius <= PILOT_BAND[1])
    pilot_u, pilot_v = _spread(u[fit], v[fit], key)
    phases = keystream(key.derive("pilot-phases"), PILOTS).astype(np.float64) / 2.0**64
    usable[pilot_v % SIDE, pilot_u % SIDE] = False
    order = permutation(key.derive("data-order"), int(usable.sum()))
    data_u, data_v = u[usable][order], v[usable][order]
    dimensions = 2 * len(order)
    symbol = (np.arange(dimensions) % SYMBOLS)[permutation(key.derive("data-map"), dimensions)]
    sign = 1.0 - 2.0 * (keystream(key.derive("data-signs"), dimensions) & np.uint64(1)).astype(np.float64)
    radii = np.hypot(data_u, data_v) / SIDE
    return Carrier(
        pilot_u=pilot_u,
        pilot_v=pilot_v,
        pilot=np.exp(2j * np.pi * phases).astype(np.complex64),
        data_u=data_u,
        data_v=data_v,
        radius=radii,
        gain=(radii / 0.08) ** -SLOPE,
        symbol=symbol,
        sign=sign,
    )


def _spread(
    u: npt.NDArray[np.intp], v: npt.NDArray[np.intp], key: MarkKey
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The first 32 frequencies in keyed order that stand more than three bins apart."""
    chosen: list[tuple[int, int]] = []
    for place in permutation(key.derive("pilot-places"), len(u)):
        here = int(u[place]), int(v[place])
        if all((here[0] - a) ** 2 + (here[1] - b) ** 2 > _APART for a, b in chosen):
            chosen.append(here)
        if len(chosen) == PILOTS:
            break
    found = np.array(chosen, np.intp)
    return found[:, 0], found[:, 1]


@functools.lru_cache(16)
def tile_of(copy_id: bytes, key: MarkKey) -> Array:
    """The tile of one copy: shape (256, 256), float32, to be multiplied by a strength in grey levels."""
    carrier = carrier_of(key)
    traced = word(copy_id, key, len(carrier.symbol)) if key.tracing else None
    return carrier.pattern(encode(pack(copy_id, key)), traced)
