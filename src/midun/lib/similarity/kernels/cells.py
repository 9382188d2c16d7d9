"""Cells of a table (CSV with commas) to normal forms: dates, numbers, telephone numbers, words."""

import numba
import numpy as np

from midun.lib.similarity.kernels.grams import CODE, EXPANDED, U, siphash

ROOM = 256
SPACE, MINUS, DOT, SLASH, PERCENT, WAN = 1, 2, 3, 4, 5, 6
"""Marks kept beside letters and digits; everything from 48 on is a letter or digit."""
DATE, NUMBER, TELEPHONE, WORDS = 11, 12, 13, 14


@numba.njit(cache=True, inline="always")
def _mark(c):
    if c == 32 or c == 9 or c == 0x3000 or c == 0xA0 or c == 44 or c == 0xFF0C or c == 10:
        return SPACE
    if c == 45 or c == 0x2212 or c == 0xFF0D or c == 0x2013:
        return MINUS
    if c == 46 or c == 0xFF0E:
        return DOT
    if c == 47 or c == 0xFF0F or c == 0x5E74 or c == 0x6708:
        return SLASH
    if c == 37 or c == 0xFF05:
        return PERCENT
    return 0


@numba.njit(cache=True)
def _characters(cp, start, end, table, expansions, out):
    """Normal characters and marks of a cell; returns how many."""
    n = 0
    for i in range(start, end):
        c = cp[i]
        mark = _mark(c)
        form = table[c] if c < table.size else np.uint32(0)
        if mark and n < ROOM:
            # 年 and 月 are separators of a date only between digits.
            if not (c > 0x4E00 and c < 0xA000) or (n and 48 <= out[n - 1] <= 57):
                out[n] = mark
                n += 1
                continue
        if form == 0 or n >= ROOM:
            continue
        if form & EXPANDED:
            at = form & CODE
            for j in range(at + 1, at + 1 + expansions[at]):
                if n < ROOM:
                    out[n] = expansions[j] & CODE
                    n += 1
        elif form & CODE >= 48:
            out[n] = form & CODE
            n += 1
    while n and out[n - 1] < 48 and out[n - 1] != PERCENT:
        n -= 1
    return n


@numba.njit(cache=True)
def _date(chars, n):
    """The day as year * 10000 + greater * 100 + smaller of month and day (their order is ambiguous), or 0."""
    numbers, digits = np.zeros(3, np.int64), np.zeros(3, np.int64)
    field, i = 0, 0
    while i < n:
        c = chars[i]
        if 48 <= c <= 57:
            if field > 2:
                break
            numbers[field] = numbers[field] * 10 + (c - 48)
            digits[field] += 1
        elif c == MINUS or c == SLASH or c == DOT:
            field += 1
        elif c == 0x65E5 or c == SPACE or c == 116:
            if field < 2:
                return 0
            break
        else:
            return 0
        i += 1
    if field == 0 and digits[0] == 8:
        numbers[1], numbers[2] = numbers[0] // 100 % 100, numbers[0] % 100
        numbers[0] //= 10000
    elif field < 2 or digits[1] > 2 or digits[1] == 0 or digits[2] == 0:
        return 0
    elif digits[0] <= 2 and digits[2] == 4:
        numbers[0], numbers[2] = numbers[2], numbers[0]
    elif digits[0] != 4 or digits[2] > 2:
        return 0
    least, most = min(numbers[1], numbers[2]), max(numbers[1], numbers[2])
    if not (1800 <= numbers[0] <= 2200 and 1 <= least <= 12 and most <= 31):
        return 0
    return numbers[0] * 10000 + most * 100 + least


@numba.njit(cache=True)
def _number(chars, n):
    """(whether it is a number, its value in hundredths, rounded)."""
    value, scale, digits, sign = 0.0, 0.0, 0, 1.0
    for i in range(n):
        c = chars[i]
        if 48 <= c <= 57:
            digits += 1
            if scale:
                value += (c - 48) * scale
                scale /= 10
            else:
                value = value * 10 + (c - 48)
        elif c == MINUS and digits == 0:
            sign = -1.0
        elif c == DOT and not scale:
            scale = 0.1
        elif c == 0x4E07 and i == n - 1:
            value *= 10000
        elif c == PERCENT and i == n - 1:
            value /= 100
        elif c == SPACE or (c == 0x5143 and i >= n - 2):
            continue
        else:
            return False, np.int64(0)
    if digits == 0 or digits > 15:
        return False, np.int64(0)
    return True, np.int64(np.floor(sign * value * 100 + 0.5))


@numba.njit(cache=True)
def _telephone(chars, n):
    """The last ten digits of what looks like a telephone number (country code and trunk zero apart), or 0."""
    digits, others, value = 0, 0, np.int64(0)
    for i in range(n):
        c = chars[i]
        if 48 <= c <= 57:
            digits += 1
            value = (value * 10 + (c - 48)) % np.int64(10**10)
        elif c >= 48 or c == DOT:
            others += 1
    return value if 9 <= digits <= 14 and others <= 1 else np.int64(0)


@numba.njit(cache=True)
def _forms(chars, n, values, base, out):
    """Hashes of the normal forms of a cell; returns how many."""
    count = 0
    day = _date(chars, n)
    if day:
        out[count] = U(day) * values[DATE]
        count += 1
    numeric, hundredths = _number(chars, n)
    telephone = _telephone(chars, n)
    if telephone and (not numeric or n >= 10):
        out[count] = U(telephone) * values[TELEPHONE]
        count += 1
    elif numeric and not day:
        out[count] = U(hundredths) * values[NUMBER] + values[NUMBER + 20]
        count += 1
    if count:
        return count
    whole, word, words, length, letters = U(0), U(0), 0, 0, 0
    for i in range(n + 1):
        if i < n and chars[i] >= 48:
            whole = whole * base + values[chars[i]]
            word = word * base + values[chars[i]]
            length += 1
            letters += 1
        elif length:
            if length > 1 and words < 6:
                out[1 + words] = word + values[WORDS]
                words += 1
            word, length = U(0), 0
    if letters < 2:
        return 0
    out[0] = whole + values[WORDS]
    return 1 + (words if words > 1 else 0)


@numba.njit(cache=True)
def cells(cp, table, expansions, values, base, k0, k1, hashes, places):
    """Keyed hashes of every cell's normal forms, place = row << 8 | column; returns (how many, rows)."""
    chars, forms = np.zeros(ROOM + 1, np.uint32), np.zeros(8, np.uint64)
    count, row, column, i = 0, 0, 0, 0
    size = cp.size
    while i < size:
        start, quoted = i, cp[i] == 34
        if quoted:
            start = i = i + 1
            while i < size and not (cp[i] == 34 and not (i + 1 < size and cp[i + 1] == 34)):
                i += 2 if cp[i] == 34 else 1
            end = min(i, size)
            while i < size and cp[i] != 44 and cp[i] != 10:
                i += 1
        else:
            while i < size and cp[i] != 44 and cp[i] != 10:
                i += 1
            end = i
        if end > start and column < 256 and row < 1 << 24:
            n = _characters(cp, start, end, table, expansions, chars)
            for f in range(_forms(chars, n, values, base, forms)):
                if count < hashes.size:
                    hashes[count], places[count] = siphash(forms[f], k0, k1) >> U(16), np.uint32(row << 8 | column)
                    count += 1
        if i < size and cp[i] == 44:
            column += 1
        else:
            row, column = row + 1, 0
        i += 1
    return count, row + (1 if column else 0)
