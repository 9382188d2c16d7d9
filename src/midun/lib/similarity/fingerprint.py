"""Keyed fingerprints of a part (docs/formats/similarity-fingerprint.md)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from midun.lib.similarity.charmap import charmap, code_points
from midun.lib.similarity.documents import Kind, Part
from midun.lib.similarity.kernels.grams import rolling, unify_words, units, weighed, word_bits
from midun.lib.similarity.kernels.lexer import NUMBER, lex, parameterised
from midun.lib.similarity.keys import Key, Words
from midun.lib.similarity.languages import BY_NAME, keywords

TEXT_K, SHAPE_K, LITERAL_K = 5, 12, 6
WINDOW = 2
"""Winnowing window of stored and scanned fingerprints of prose; a comparison of two files uses 1 (every k-gram)."""
CJK_BITS, LETTER_BITS, SHAPE_BITS, VALUE_BITS, LITERAL_BITS = 2.0, 0.5, np.float32(0.75), np.float32(0.45), 1.5
"""Evidence in bits of a unit of a shared k-gram before what is common is discounted; of words per letter."""
WORD_BITS = (1.5, 6.0)
"""Least and most bits of a word."""
Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Stream:
    """The units of a part: secret hash, and where each begins and ends in the text; `kinds` are token kinds of code."""

    hashes: Words
    starts: Ints
    ends: Ints
    kinds: npt.NDArray[np.uint8]

    @property
    def size(self) -> int:
        """How many units."""
        return int(self.hashes.size)

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Code point offsets of the units [begin, end)."""
        end = min(end, self.size)
        return (int(self.starts[begin]), int(self.ends[end - 1])) if begin < end else (0, 0)


@dataclass(frozen=True)
class Fingerprints:
    """Fingerprints of one part in one family ("text" or "code"): 48-bit hashes, unit positions, k and bits of each."""

    family: str
    stream: Stream
    hashes: Words
    positions: Ints
    lengths: Ints
    bits: Floats


def prose_stream(text: str, key: Key) -> Stream:
    """Units of prose: a CJK character, a word, a number (pipeline midun-normalise/1)."""
    cp, chars = code_points(text), charmap()
    room = cp.size + cp.size // 4 + 8
    hashes, starts, ends = np.empty(room, np.uint64), np.empty(room, np.int32), np.empty(room, np.int32)
    forms = np.empty(room, np.uint32)
    n = units(cp, chars.table, chars.expansions, key.characters, key.base, hashes, starts, ends, forms)
    unify_words(hashes, forms, n, chars.word_first, chars.word_keys, chars.word_values, key.characters)
    return Stream(hashes[:n].copy(), starts[:n].copy(), ends[:n].copy(), (forms[:n] > 0).astype(np.uint8))


def code_stream(text: str, language: str, key: Key) -> Stream:
    """Tokens of source code (pipeline midun-code/1)."""
    cp = code_points(text)
    room = cp.size + 1
    hashes, starts, ends = np.empty(room, np.uint64), np.empty(room, np.int32), np.empty(room, np.int32)
    kinds = np.empty(room, np.uint8)
    flags, words = BY_NAME[language].flags, keywords(key, language)
    n = lex(cp, flags, words, key.characters, key.base, hashes, kinds, starts, ends)
    return Stream(hashes[:n].copy(), starts[:n].copy(), ends[:n].copy(), kinds[:n].copy())


def _text(stream: Stream, key: Key, window: int) -> Fingerprints:
    grams = np.empty(stream.size, np.uint64)
    n = rolling(stream.hashes, stream.size, TEXT_K, key.base, grams)
    k0, k1 = key.pair("text")
    units = word_bits(stream.kinds, stream.starts, stream.ends, CJK_BITS, LETTER_BITS, *WORD_BITS)
    found = weighed(grams, n, TEXT_K, window, k0, k1, units)
    return Fingerprints("text", stream, *found)


def _code(stream: Stream, key: Key) -> Fingerprints:
    grams = np.empty(stream.size, np.uint64)
    n = parameterised(stream.hashes, stream.kinds, stream.size, SHAPE_K, key.characters, key.base, grams)
    k0, k1 = key.pair("code shape")
    units = np.where(stream.kinds >= NUMBER, VALUE_BITS, SHAPE_BITS)
    shape = weighed(grams, n, SHAPE_K, 1, k0, k1, units)
    n = rolling(stream.hashes, stream.size, LITERAL_K, key.base, grams)
    k0, k1 = key.pair("code literal")
    literal = weighed(grams, n, LITERAL_K, 1, k0, k1, np.full(stream.size, LITERAL_BITS))
    return Fingerprints("code", stream, *(np.concatenate(both) for both in zip(shape, literal, strict=True)))


def fingerprints(part: Part, key: Key, *, window: int = WINDOW) -> list[Fingerprints]:
    """All fingerprints of a part of prose or code; source code also has those of its raw text (comments, strings)."""
    if part.kind is Kind.TABLE:
        return []
    made = [_text(prose_stream(part.text, key), key, window)]
    if part.kind is Kind.CODE and part.language in BY_NAME:
        made.append(_code(code_stream(part.text, part.language, key), key))
    return made
