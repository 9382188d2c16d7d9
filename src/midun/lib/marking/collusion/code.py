"""The traitor-tracing code: a probabilistic fingerprint of each copy (docs/formats/marking-collusion.md).

Tardos (2008, "Optimal probabilistic fingerprint codes", J. ACM 55/2) draws each symbol of each copy with a secret bias;
the biases here are the discrete ones of Nuida et al. (2009, Des. Codes Cryptogr. 52) for up to six colluders: the zeros
of the third Legendre polynomial. Words of different copies are independent given the key, which is all the bound on
false accusation needs.
"""

import functools

import numpy as np
import numpy.typing as npt

from midun.lib.marking.keys import MarkKey, keystream

LOW_BIAS = 484_050_080
"""(1 − √0.6) / 2 in units of 2^-32; the other biases are one half and one minus this."""

_LOW_SHARE = 21_758
"""How many of 65,536 symbols have the low bias, and how many the high one."""

_UNIT = 2.0**32

Bits = npt.NDArray[np.bool_]


@functools.lru_cache(16)
def biases(key: MarkKey, length: int) -> npt.NDArray[np.uint64]:
    """The secret probability of a one at each of `length` symbols, in units of 2^-32."""
    draw = keystream(key.derive("tracing-bias"), length) >> np.uint64(48)
    low, high = np.uint64(LOW_BIAS), np.uint64((1 << 32) - LOW_BIAS)
    middle = np.where(draw < 65_536 - _LOW_SHARE, np.uint64(1 << 31), high)
    return np.where(draw < _LOW_SHARE, low, middle)


def word(copy_id: bytes, key: MarkKey, length: int) -> Bits:
    """The word of a copy: shape (length,)."""
    stream = keystream(key.derive("tracing-copy/" + copy_id.hex()), -(-length // 2))
    draws = np.column_stack([stream >> np.uint64(32), stream & np.uint64(0xFFFFFFFF)]).ravel()[:length]
    return np.asarray(draws < biases(key, length))


def expected(key: MarkKey, length: int) -> npt.NDArray[np.float64]:
    """The mean of a symbol as ±1 over all copies: shape (length,)."""
    return np.asarray(2.0 * (biases(key, length) / _UNIT) - 1.0)
