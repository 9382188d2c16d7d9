"""The character table: which normal form a code point has (docs/formats/similarity-normalisation.md)."""

import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

SIZE = 0x33400
"""Code points from here on are no letters."""
PIPELINE = "midun-normalise/1"


@dataclass(frozen=True)
class CharMap:
    """`table[c]`: normal form and flags; `expansions`: forms of several characters; `words`: 2-character words.

    `words` maps `c1 << 18 | c2` (sorted in `word_keys`) to the same packing of the replacement.
    """

    table: npt.NDArray[np.uint32]
    expansions: npt.NDArray[np.uint32]
    word_keys: npt.NDArray[np.uint64]
    word_values: npt.NDArray[np.uint64]
    word_first: npt.NDArray[np.uint8]


@cache
def charmap() -> CharMap:
    """The table shipped with the package."""
    raw = zlib.decompress((Path(__file__).resolve().parent / "data" / "charmap.bin").read_bytes())
    all_ = np.frombuffer(raw, "<u4").astype(np.uint32)
    size, expansions, words = (int(n) for n in all_[:3])
    body = all_[3:]
    quads = body[size + expansions : size + expansions + words].reshape(-1, 4).astype(np.uint64)
    keys, values = (quads[:, a] << np.uint64(18) | quads[:, a + 1] for a in (0, 2))
    order = np.argsort(keys)
    first = np.zeros(SIZE, np.uint8)
    first[quads[:, 0].astype(np.int64)] = 1
    return CharMap(body[:size].copy(), body[size : size + expansions].copy(), keys[order], values[order], first)


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """The code points of a text; lone surrogates become `?`."""
    return np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
