"""Units of prose, rolling polynomials, winnowing and the keyed finaliser."""

import numba
import numpy as np

U = np.uint64
CJK, EXPANDED, INVISIBLE, CODE = np.uint32(1 << 30), np.uint32(1 << 29), np.uint32(1 << 28), np.uint32((1 << 21) - 1)


@numba.njit(cache=True, inline="always")
def _rotated(x, bits):
    return (x << U(bits)) | (x >> U(64 - bits))


@numba.njit(cache=True)
def siphash(x, k0, k1):
    """SipHash-2-4 (Aumasson, Bernstein 2012) of one 64-bit word, little-endian, under the key (k0, k1)."""
    v0, v1 = k0 ^ U(0x736F6D6570736575), k1 ^ U(0x646F72616E646F6D)
    v2, v3 = k0 ^ U(0x6C7967656E657261), k1 ^ U(0x7465646279746573) ^ x
    for turn in range(8):
        if turn == 2:
            v0 ^= x
            v3 ^= U(8) << U(56)
        if turn == 4:
            v0 ^= U(8) << U(56)
            v2 ^= U(0xFF)
        v0 += v1
        v1 = _rotated(v1, 13) ^ v0
        v0 = _rotated(v0, 32)
        v2 += v3
        v3 = _rotated(v3, 16) ^ v2
        v0 += v3
        v3 = _rotated(v3, 21) ^ v0
        v2 += v1
        v1 = _rotated(v1, 17) ^ v2
        v2 = _rotated(v2, 32)
    return v0 ^ v1 ^ v2 ^ v3


@numba.njit(cache=True, inline="always")
def _entry(table, code):
    return table[code] if code < table.size else np.uint32(0)


@numba.njit(cache=True)
def _between(cp, table, i):
    """How many characters at i stand inside a word without ending it: invisible ones, a line-end hyphen, 1,234."""
    size = cp.size
    if i >= size:
        return 0
    if _entry(table, cp[i]) == INVISIBLE:
        return 1
    if cp[i] == 45 and i + 1 < size and cp[i + 1] == 10:
        return 2
    if cp[i] == 45 and i + 2 < size and cp[i + 1] == 13 and cp[i + 2] == 10:
        return 3
    if (cp[i] == 44 or cp[i] == 0xFF0C) and i > 0 and i + 3 < size:
        for j in (i - 1, i + 1, i + 2, i + 3):
            form = _entry(table, cp[j])
            if form < 48 or form > 57:
                return 0
        if i + 4 < size and 48 <= _entry(table, cp[i + 4]) <= 57:
            return 0
        return 1
    return 0


@numba.njit(cache=True)
def _numeral(cp, table, i):
    """(end, value) of a Chinese numeral with 十百千万 that starts at i (一百二十 → 120), or (i, 0)."""
    total, section, digit, places, start = 0, 0, -1, 0, i
    while i < cp.size and i - start < 24:
        c, form = cp[i], _entry(table, cp[i])
        if 48 <= form <= 57 and c > 0x3000 and not 0xFF00 <= c:
            digit = form - 48
        elif c == 0x5341 or c == 0x767E or c == 0x5343:
            scale = 10 if c == 0x5341 else (100 if c == 0x767E else 1000)
            if digit < 0 and scale > 10:
                return start, 0
            section += (digit if digit >= 0 else 1) * scale
            digit = -1
            places += 1
        elif c == 0x4E07 and section + max(0, digit) and not total:
            total = (section + max(0, digit)) * 10000
            section, digit = 0, -1
        else:
            break
        i += 1
    return (i, total + section + max(0, digit)) if places else (start, 0)


@numba.njit(cache=True)
def _decimal(value, values, base):
    """The unit hash of a number written in digits."""
    scale, h = 1, U(0)
    while scale * 10 <= value:
        scale *= 10
    while scale:
        h = h * base + values[48 + value // scale % 10]
        scale //= 10
    return h


@numba.njit(cache=True)
def units(cp, table, expansions, values, base, hashes, starts, ends, forms):
    """Cut code points into units; returns how many. `forms` holds the character of CJK units, 0 for words."""
    n, i, size = 0, 0, cp.size
    room = hashes.size
    while i < size and n < room:
        form = _entry(table, cp[i])
        if form == 0 or form == INVISIBLE:
            i += 1
            continue
        if cp[i] >= 0x4E00 and (48 <= form <= 57 or cp[i] == 0x5341):
            end, value = _numeral(cp, table, i)
            if end > i:
                hashes[n], starts[n], ends[n], forms[n] = _decimal(value, values, base), i, end, 0
                n += 1
                i = end
                continue
        if form & CJK:
            hashes[n], starts[n], ends[n], forms[n] = values[form & CODE], i, i + 1, form & CODE
            n += 1
            i += 1
            continue
        if form & EXPANDED and expansions[(form & CODE) + 1] & CJK:
            at = form & CODE
            for j in range(at + 1, at + 1 + expansions[at]):
                if n < room:
                    code = expansions[j] & CODE
                    hashes[n], starts[n], ends[n], forms[n] = values[code], i, i + 1, code
                    n += 1
            i += 1
            continue
        start, word = i, U(0)
        while i < size:
            form = _entry(table, cp[i])
            if form == 0 or form == INVISIBLE:
                skipped = _between(cp, table, i)
                if skipped == 0:
                    break
                i += skipped
                continue
            if form & CJK:
                break
            if form & EXPANDED:
                at = form & CODE
                if expansions[at + 1] & CJK:
                    break
                for j in range(at + 1, at + 1 + expansions[at]):
                    word = word * base + values[expansions[j] & CODE]
            else:
                word = word * base + values[form & CODE]
            i += 1
        hashes[n], starts[n], ends[n], forms[n] = word, start, i, 0
        n += 1
    return n


@numba.njit(cache=True)
def unify_words(hashes, forms, n, first, keys, replacements, values):
    """Replace two-character words used in Taiwan by those of the mainland (軟體 → 软件), left to right."""
    i = 0
    while i + 1 < n:
        if forms[i] and forms[i + 1] and first[forms[i]]:
            packed = U(forms[i]) << U(18) | U(forms[i + 1])
            at = np.searchsorted(keys, packed)
            if at < keys.size and keys[at] == packed:
                hashes[i] = values[replacements[at] >> U(18)]
                hashes[i + 1] = values[replacements[at] & U((1 << 18) - 1)]
                i += 2
                continue
        i += 1


@numba.njit(cache=True, inline="always")
def _mixed(x):
    x ^= x >> U(30)
    x *= U(0xBF58476D1CE4E5B9)
    x ^= x >> U(27)
    x *= U(0x94D049BB133111EB)
    return x ^ (x >> U(31))


@numba.njit(cache=True)
def rolling(hashes, n, k, base, out):
    """Polynomial hash of every k units, mixed; returns how many."""
    top = U(1)
    for _ in range(k):
        top *= base
    h = U(0)
    for i in range(n):
        h = h * base + hashes[i]
        if i >= k:
            h -= top * hashes[i - k]
        if i >= k - 1:
            out[i - k + 1] = _mixed(h)
    return max(0, n - k + 1)


@numba.njit(cache=True)
def select(grams, n, w, k0, k1, out, positions):
    """Robust winnowing (Schleimer, Wilkerson, Aiken 2003): the rightmost least of every w, then the keyed finaliser."""
    count, last, least = 0, -1, -1
    w = max(1, min(w, n))
    for right in range(w - 1, n):
        if least < right - w + 1:
            least = right - w + 1
            for j in range(right - w + 1, right + 1):
                if grams[j] <= grams[least]:
                    least = j
        elif grams[right] <= grams[least]:
            least = right
        if least != last:
            out[count], positions[count] = siphash(grams[least], k0, k1), least
            count += 1
            last = least
    return count


@numba.njit(cache=True)
def word_bits(kinds, starts, ends, ideograph, letter, least, most):
    """Bits of each unit of prose: an ideograph's, or so many per letter of a word within limits."""
    bits = np.empty(kinds.size, np.float32)
    for i in range(kinds.size):
        bits[i] = ideograph if kinds[i] else min(most, max(least, letter * (ends[i] - starts[i])))
    return bits


@numba.njit(cache=True)
def weighed(grams, n, k, w, k0, k1, units):
    """Winnow `n` grams of k units and weigh them: (48-bit hashes, positions, k of each, bits: the sum of `units`)."""
    hashes, positions = np.empty(n, np.uint64), np.empty(n, np.int32)
    count = select(grams, n, w, k0, k1, hashes, positions) if n else 0
    bits = np.empty(count, np.float32)
    for i in range(count):
        hashes[i] >>= U(16)
        total = np.float32(0)
        for j in range(positions[i], positions[i] + k):
            total += units[j]
        bits[i] = total
    return hashes[:count], positions[:count], np.full(count, k, np.int32), bits
