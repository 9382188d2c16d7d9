"""A lexer for families of programming languages: comments and imports dropped, four kinds of tokens."""

import numba
import numpy as np

from midun.lib.similarity.kernels.grams import U, _mixed

HASH, SLASHES, STARS, DASHES, PERCENT, SEMICOLON, QUOTE, BANG, TRIPLE, BACKTICK, LOWER, BRACES = (
    1 << n for n in range(12)
)
"""Which comment and string forms a language has (bit mask)."""
OPERATOR, NAME, NUMBER, STRING = 0, 1, 2, 3
NEWLINE, BACKSLASH = 10, 92


@numba.njit(cache=True, inline="always")
def _at(cp, i):
    return cp[i] if i < cp.size else np.uint32(0)


@numba.njit(cache=True)
def _line_end(cp, i):
    while i < cp.size and cp[i] != NEWLINE:
        i += 1
    return i


@numba.njit(cache=True)
def _past(cp, i, first, second):
    """The place after the next `first second` (a closing pair of characters)."""
    while i + 1 < cp.size and not (cp[i] == first and cp[i + 1] == second):
        i += 1
    return min(cp.size, i + 2)


@numba.njit(cache=True)
def _after_comment(cp, i, flags):
    """The place after the comment that starts at i, or i when none does."""
    c, d = cp[i], _at(cp, i + 1)
    if flags & STARS and c == 47 and d == 42:
        return _past(cp, i + 2, 42, 47)
    if flags & BRACES and c == 40 and d == 42:
        return _past(cp, i + 2, 42, 41)
    if flags & BRACES and c == 123:
        while i < cp.size and cp[i] != 125:
            i += 1
        return min(cp.size, i + 1)
    line = (
        (flags & HASH and c == 35)
        or (flags & SLASHES and c == 47 and d == 47)
        or (flags & DASHES and c == 45 and d == 45)
        or (flags & PERCENT and c == 37)
        or (flags & SEMICOLON and c == 59)
        or (flags & BANG and c == 33 and d != 61)
        or (flags & QUOTE and c == 39)
    )
    return _line_end(cp, i) if line else i


@numba.njit(cache=True)
def _is(cp, i, word):
    for j in range(word.size):
        if _at(cp, i + j) != word[j]:
            return False
    return True


IMPORTS = [
    np.array([ord(c) for c in w], np.uint32) for w in ("import ", "from ", "package ", "using ", "#include", "use ")
]
IMPORT, FROM, PACKAGE, USING, INCLUDE, USE = IMPORTS


@numba.njit(cache=True)
def _after_import(cp, i, flags):
    """The place after an import statement that starts at the beginning of a line, or i: imports carry no secret."""
    slashes = flags & SLASHES
    if not (
        _is(cp, i, IMPORT)
        or (not slashes and _is(cp, i, FROM))
        or (slashes and (_is(cp, i, PACKAGE) or _is(cp, i, USING) or _is(cp, i, INCLUDE) or _is(cp, i, USE)))
    ):
        return i
    line, limit = _line_end(cp, i), min(cp.size, i + 4000)
    depth = 0
    while i < limit and not (cp[i] == NEWLINE and depth <= 0):
        c = cp[i]
        if c == 40 or c == 123:
            depth += 1
        elif c == 41 or c == 125:
            depth -= 1
        elif i > line and not (_letter(c) or _digit(c) or c <= 42 or c == 44 or c == 46 or c == 45 or c == 47):
            # Brackets of an import hold names; this is a sentence that begins like one.
            return line
        i += 1
    return i if depth <= 0 else line


@numba.njit(cache=True)
def _like_code(cp, i, end):
    """Whether a line inside triple quotes looks like source code: brackets, an assignment or a colon at its end."""
    while i < end and cp[i] <= 32:
        i += 1
    if i == end or cp[i] == 62 or cp[i] == 42 or cp[i] == 45 or cp[i] == 58 or cp[i] == 64:
        return False
    for j in range(i, end):
        if cp[j] == 40 or cp[j] == 41 or cp[j] == 61 or cp[j] == 91:
            return True
    return cp[end - 1] == 58


CODE_LINES = 6
"""So many more lines of code than of text are no docstring: its end (or its beginning) was cut away."""


@numba.njit(cache=True)
def _after_triple(cp, i):
    """The place after the triple quotes that begin at i, or where code begins inside unfinished ones."""
    quote, line, run, begin = cp[i], i + 3, 0, i + 3
    i += 3
    while i + 2 < cp.size and not (cp[i] == quote and cp[i + 1] == quote and cp[i + 2] == quote):
        if cp[i] == NEWLINE:
            if _like_code(cp, line, i):
                begin = line if run == 0 else begin
                run += 1
                if run == CODE_LINES:
                    return begin
            elif run and i > line + 1:
                run -= 1
            line = i + 1
        i += 1
    return min(cp.size, i + 3)


@numba.njit(cache=True)
def _after_string(cp, i, flags):
    """The place after the string literal that starts at i, or i."""
    c = cp[i]
    if not (c == 34 or (c == 39 and not flags & QUOTE) or (c == 96 and flags & BACKTICK)):
        return i
    if flags & TRIPLE and _at(cp, i + 1) == c and _at(cp, i + 2) == c:
        return _after_triple(cp, i)
    i += 1
    while i < cp.size and cp[i] != c and not (cp[i] == NEWLINE and c != 96):
        i += 2 if cp[i] == BACKSLASH else 1
    return min(cp.size, i + 1)


@numba.njit(cache=True, inline="always")
def _triple(cp, i):
    c = cp[i]
    return (c == 34 or c == 39) and _at(cp, i + 1) == c and _at(cp, i + 2) == c


@numba.njit(cache=True)
def _opens(before, first, prefix):
    """Whether three quotes after the operator `before` (0: after something else) begin a string."""
    if before == 40 or before == 44 or before == 61 or before == 91:
        return True
    # Later in a line: after an operator, keyword or prefix (f, r, b); after a word or full stop it is an end.
    return not first and (prefix or (before != 0 and before != 46))


@numba.njit(cache=True, inline="always")
def _letter(c):
    return 97 <= (c | 32) <= 122 or c == 95 or c == 36 or c > 127


@numba.njit(cache=True, inline="always")
def _digit(c):
    return 48 <= c <= 57


@numba.njit(cache=True)
def _word(cp, start, end, flags, values, base):
    h = U(0)
    for j in range(start, end):
        c = cp[j]
        if flags & LOWER and 65 <= c <= 90:
            c = c | np.uint32(32)
        if c < values.size and (_letter(c) or _digit(c)):
            h = h * base + values[c]
    return h


@numba.njit(cache=True)
def lex(cp, flags, keywords, values, base, hashes, kinds, starts, ends):
    """Cut source code into tokens; returns how many. `; { }` are dropped: they differ between styles, not programs."""
    n, i, size, fresh = 0, 0, cp.size, True
    while i < size:
        c = cp[i]
        if c <= 32 or c == 0xFEFF:
            fresh = fresh or c == NEWLINE
            i += 1
            continue
        after = _after_comment(cp, i, flags)
        if after == i and fresh:
            after = _after_import(cp, i, flags)
        first, fresh = fresh, False
        if after > i:
            i = after
            continue
        start, kind = i, OPERATOR
        if flags & TRIPLE and _triple(cp, i):
            before = cp[starts[n - 1]] if n and kinds[n - 1] == OPERATOR else np.uint32(0)
            if first and (n == 0 or before == 58):
                i = _after_triple(cp, i)
                continue
            prefix = n > 0 and kinds[n - 1] == NAME and ends[n - 1] == i and i - starts[n - 1] <= 2
            if not _opens(before, first, prefix):
                # The end of a docstring whose beginning was cut away: not the beginning of one.
                i += 3
                continue
        after = _after_string(cp, i, flags)
        if after > i:
            i, kind = after, STRING
        elif _digit(c):
            kind = NUMBER
            while i < size and (_digit(cp[i]) or _letter(cp[i]) or cp[i] == 46):
                i += 1
        elif _letter(c):
            kind = NAME
            while i < size and (_letter(cp[i]) or _digit(cp[i])):
                i += 1
        else:
            i += 1
            if c == 59 or c == 123 or c == 125:
                continue
        h = values[c] if kind == OPERATOR else _word(cp, start, i, flags, values, base) + U(kind)
        if kind == NAME:
            at = np.searchsorted(keywords, h)
            if at < keywords.size and keywords[at] == h:
                kind = OPERATOR
        hashes[n], kinds[n], starts[n], ends[n] = h, kind, start, i
        n += 1
    return n


@numba.njit(cache=True)
def parameterised(hashes, kinds, n, k, values, base, out):
    """Rename-invariant hash of every k tokens: a name is the distance to its last use in the window (Baker 1996)."""
    before = np.zeros(n, np.int32)
    for i in range(n):
        if kinds[i] == NAME:
            for j in range(i - 1, max(0, i - k + 1) - 1, -1):
                if kinds[j] == NAME and hashes[j] == hashes[i]:
                    before[i] = i - j
                    break
    for i in range(n - k + 1):
        h = U(0)
        for j in range(k):
            kind = kinds[i + j]
            if kind == NAME:
                distance = before[i + j]
                x = values[1000 + (distance if distance <= j else 0)]
            elif kind == NUMBER:
                x = values[2000]
            elif kind == STRING:
                x = values[2001]
            else:
                x = hashes[i + j]
            h = h * base + x
        out[i] = _mixed(h)
    return max(0, n - k + 1)
