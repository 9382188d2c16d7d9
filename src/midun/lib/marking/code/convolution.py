"""The convolutional code, K = 15, rate 1/6, tail-biting, decoded softly (docs/formats/marking-code.md).

Generators are those flown on Cassini and Mars Pathfinder (octal 46321 51271 63667 70535 73277 76513; JPL TDA Progress
Report 42-104, Dolinar 1991). Tail-biting (Ma & Wolf 1986) saves the 14 tail bits, half a decibel at this length.
Decoding is Viterbi's algorithm run round the circle until the path closes (Shao, Lin & Fossorier 2003).
"""

import functools

import numpy as np
import numpy.typing as npt

from midun.lib.marking.code.message import MESSAGE_BITS

CONSTRAINT = 15
GENERATORS = (0o46321, 0o51271, 0o63667, 0o70535, 0o73277, 0o76513)
RATE = len(GENERATORS)
SYMBOLS = MESSAGE_BITS * RATE
_STATES = 1 << (CONSTRAINT - 1)

Soft = npt.NDArray[np.float32]


def _parity(words: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    for shift in (16, 8, 4, 2, 1):
        words = words ^ words >> shift
    return words & 1


@functools.cache
def _outputs() -> npt.NDArray[np.intp]:
    """The six code bits of each register of 15 bits (newest bit on top), as a number of 6 bits."""
    registers = np.arange(2 * _STATES, dtype=np.int64)
    found = np.zeros(2 * _STATES, np.int64)
    for place, generator in enumerate(GENERATORS):
        found |= _parity(registers & generator) << place
    return found.astype(np.intp)


_SIGNS = (1 - 2 * (np.arange(1 << RATE)[:, None] >> np.arange(RATE) & 1)).astype(np.float32)


def encode(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
    """The 672 code bits of 112 message bits; the register begins with the last 14 message bits."""
    table, state = _outputs(), 0
    for bit in bits[-(CONSTRAINT - 1) :]:
        state = (int(bit) << CONSTRAINT - 1 | state) >> 1
    code: list[int] = []
    for bit in bits:
        register = int(bit) << CONSTRAINT - 1 | state
        code += [int(table[register]) >> place & 1 for place in range(RATE)]
        state = register >> 1
    return np.array(code, np.int8)


def decode(soft: Soft, rounds: int = 3) -> npt.NDArray[np.uint8]:
    """The likeliest message; `soft[i] > 0` speaks for code bit 0. Shape (672,) to (112,).

    Each round goes once round the circle. A path that closes is taken; otherwise the bits are those of the round
    before the last one, which was decided with a whole round of later evidence. The path found need not be a codeword
    when the noise is too strong: the caller checks the MAC.
    """
    branch = np.ascontiguousarray(np.ascontiguousarray(soft, np.float32).reshape(MESSAGE_BITS, RATE) @ _SIGNS.T)
    metric = np.zeros(_STATES, np.float32)
    bits = np.zeros(MESSAGE_BITS, np.uint8)
    earlier: npt.NDArray[np.bool_] | None = None
    for _ in range(rounds):
        metric, chosen = _sweep(branch, metric)
        bits, begin, end = _trace_back(chosen, int(np.argmax(metric)))
        if begin == end:
            break
        if earlier is not None:
            bits, again, _ = _trace_back(earlier, begin)
            if again == begin:
                break
        metric -= metric.max()
        earlier = chosen
    return bits


def _sweep(branch: Soft, metric: Soft) -> tuple[Soft, npt.NDArray[np.bool_]]:
    """One time round the circle: metrics at the end and, per step and state, which of two came before."""
    outputs = _outputs().reshape(_STATES, 2)
    even, odd = np.ascontiguousarray(outputs[:, 0]), np.ascontiguousarray(outputs[:, 1])
    chosen = np.empty((MESSAGE_BITS, _STATES), bool)
    half = _STATES // 2
    for step in range(MESSAGE_BITS):
        gains = branch[step]
        first, second = gains[even], gains[odd]
        before = metric.reshape(half, 2)
        first.reshape(2, half)[:] += before[:, 0]
        second.reshape(2, half)[:] += before[:, 1]
        np.greater(second, first, out=chosen[step])
        metric = np.maximum(first, second)
    return metric, chosen


def _trace_back(chosen: npt.NDArray[np.bool_], state: int) -> tuple[npt.NDArray[np.uint8], int, int]:
    bits = np.empty(MESSAGE_BITS, np.uint8)
    end = state
    for step in range(MESSAGE_BITS - 1, -1, -1):
        bits[step] = state >> CONSTRAINT - 2
        state = (state << 1 & _STATES - 1) | int(chosen[step, state])
    return bits, state, end
