"""Looking up fingerprints in the sorted arrays of a segment; walking two streams of units side by side."""

import numba
import numpy as np

U = np.uint64


@numba.njit(cache=True)
def fill_bitmap(hashes, bits, bitmap):
    """Set the bit of each 48-bit hash: bit number = (top 32 bits × bits) >> 32."""
    for h in hashes:
        at = ((h >> U(16)) * bits) >> U(32)
        bitmap[at >> U(3)] |= np.uint8(1) << np.uint8(at & U(7))


@numba.njit(cache=True)
def find(hashes, bits, bitmap, directory, low, most, firsts, counts):
    """For each hash where its postings begin and how many there are; more than `most` count as none (too common)."""
    for i in range(hashes.size):
        h = hashes[i]
        counts[i] = 0
        at = ((h >> U(16)) * bits) >> U(32)
        if not (bitmap[at >> U(3)] >> np.uint8(at & U(7))) & 1:
            continue
        bucket = np.int64(h >> U(32))
        want = np.uint32(h & U(0xFFFFFFFF))
        left, end = directory[bucket], directory[bucket + 1]
        right = end
        while left < right:
            middle = (left + right) >> 1
            if low[middle] < want:
                left = middle + 1
            else:
                right = middle
        n = 0
        while left + n < end and n <= most and low[left + n] == want:
            n += 1
        if n <= most:
            firsts[i], counts[i] = left, n


@numba.njit(cache=True)
def ordered(hashes):
    """The order that sorts 48-bit hashes, equal ones as they came (radix of 12 bits)."""
    order, other = np.arange(hashes.size), np.empty(hashes.size, np.int64)
    for shift in range(0, 48, 12):
        places = np.zeros(4097, np.int64)
        for h in hashes:
            places[((h >> U(shift)) & U(4095)) + U(1)] += 1
        for bucket in range(4096):
            places[bucket + 1] += places[bucket]
        for at in order:
            bucket = (hashes[at] >> U(shift)) & U(4095)
            other[places[bucket]] = at
            places[bucket] += 1
        order, other = other, order
    return order


@numba.njit(cache=True)
def thin(hashes, documents, most):
    """Which of the sorted postings to keep, so that none has more than `most` of one hash in one document."""
    kept = np.empty(hashes.size, np.int64)
    count = run = 0
    for i in range(hashes.size):
        run = run + 1 if i and hashes[i] == hashes[i - 1] and documents[i] == documents[i - 1] else 0
        if run < most:
            kept[count] = i
            count += 1
    return kept[:count]


REACH = 48


@numba.njit(cache=True)
def walk(a, b, pairs):
    """Align two streams of units greedily: equal units, and after a difference the nearest place where three agree.

    `pairs` gets rows (place in a, place in b) of equal units; returns how many. Linear in the lengths.
    """
    n, i, j = 0, 0, 0
    while i < a.size and j < b.size:
        if a[i] == b[j]:
            pairs[n, 0], pairs[n, 1] = i, j
            n += 1
            i += 1
            j += 1
            continue
        found = False
        for step in range(1, REACH):
            for x in range(step + 1):
                p, q = i + x, j + step - x
                if p < a.size and q < b.size and a[p] == b[q]:
                    same = 1
                    while same < 3 and p + same < a.size and q + same < b.size and a[p + same] == b[q + same]:
                        same += 1
                    if same == 3 or p + same == a.size or q + same == b.size:
                        i, j, found = p, q, True
                        break
            if found:
                break
        if not found:
            i += 1
            j += 1
    return n


@numba.njit(cache=True)
def extend(a, b, span, misses):
    """Grow a span (a begin, a end, b begin, b end) to both sides over equal units, passing up to `misses` unequal."""
    missed, i, j = 0, span[0] - 1, span[2] - 1
    while i >= 0 and j >= 0:
        if a[i] == b[j]:
            span[0], span[2], missed = i, j, 0
        else:
            missed += 1
            if missed > misses:
                break
        i -= 1
        j -= 1
    missed, i, j = 0, span[1], span[3]
    while i < a.size and j < b.size:
        if a[i] == b[j]:
            span[1], span[3], missed = i + 1, j + 1, 0
        else:
            missed += 1
            if missed > misses:
                break
        i += 1
        j += 1
