"""Keyed fingerprints of a part (docs/formats/similarity-fingerprint.md)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from midun.lib.similarity.charmap import charmap, code_points
from midun.lib.similarity.documents import Kind, Part
from midun.lib.similarity.kernels.grams import rolling, select, unify_words, units
from midun.lib.similarity.kernels.lexer import NUMBER, lex, parameterised
from midun.lib.similarity.keys import Key, Words
from midun.lib.similarity.languages import BY_NAME, keywords

TEXT_K, SHAPE_K, LITERAL_K = 5, 12, 6
WINDOW = 4
"""Winnowing window of stored and scanned fingerprints of prose; a comparison of two files uses 1 (every k-gram)."""
CJK_BITS, WORD_BITS, SHAPE_BITS, LITERAL_BITS = 2.0, 3.0, 0.75, 1.5
"""Evidence in bits that one unit of a shared k-gram carries before what is common is discounted."""
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


def _selected(grams: Words, n: int, window: int, key: Key, channel: str) -> tuple[Words, Ints]:
    out, positions = np.empty(max(1, n), np.uint64), np.empty(max(1, n), np.int32)
    k0, k1 = key.pair(channel)
    count = select(grams, n, window, k0, k1, out, positions) if n else 0
    return out[:count] >> np.uint64(16), positions[:count]


def _text(stream: Stream, key: Key, window: int) -> Fingerprints:
    grams = np.empty(max(1, stream.size), np.uint64)
    n = rolling(stream.hashes, stream.size, TEXT_K, key.base, grams)
    hashes, positions = _selected(grams, n, window, key, "text")
    sums = np.concatenate([[0], np.cumsum(stream.kinds, dtype=np.int64)])
    ideographs = (sums[positions + TEXT_K] - sums[positions]) if positions.size else np.zeros(0)
    bits = (ideographs * CJK_BITS + (TEXT_K - ideographs) * WORD_BITS).astype(np.float32)
    return Fingerprints("text", stream, hashes, positions, np.full(positions.size, TEXT_K, np.int32), bits)


def _code(stream: Stream, key: Key) -> Fingerprints:
    grams = np.empty(max(1, stream.size), np.uint64)
    n = parameterised(stream.hashes, stream.kinds, stream.size, SHAPE_K, key.characters, key.base, grams)
    shape, at = _selected(grams, n, 1, key, "code shape")
    n = rolling(stream.hashes, stream.size, LITERAL_K, key.base, grams)
    literal, where = _selected(grams, n, 1, key, "code literal")
    sums = np.concatenate([[0], np.cumsum(stream.kinds >= NUMBER, dtype=np.int64)])
    lengths = np.concatenate([np.full(at.size, SHAPE_K, np.int32), np.full(where.size, LITERAL_K, np.int32)])
    plain = SHAPE_K * SHAPE_BITS - 0.3 * (sums[at + SHAPE_K] - sums[at] if at.size else np.zeros(0))
    bits = np.concatenate([plain, np.full(where.size, LITERAL_K * LITERAL_BITS)]).astype(np.float32)
    return Fingerprints("code", stream, np.concatenate([shape, literal]), np.concatenate([at, where]), lengths, bits)


def fingerprints(part: Part, key: Key, *, window: int = WINDOW) -> list[Fingerprints]:
    """All fingerprints of a part of prose or code; source code also has those of its raw text (comments, strings)."""
    if part.kind is Kind.TABLE:
        return []
    made = [_text(prose_stream(part.text, key), key, window)]
    if part.kind is Kind.CODE and part.language in BY_NAME:
        made.append(_code(code_stream(part.text, part.language, key), key))
    return made
