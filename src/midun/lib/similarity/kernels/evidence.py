"""From look-ups to evidence: postings gathered, what is common or repeated discounted, grouped by document."""

import numba
import numpy as np

from midun.lib.similarity.kernels.chain import chains
from midun.lib.similarity.kernels.lookup import find


@numba.njit(cache=True)
def gather(hashes, bits, bitmap, directory, low, documents, positions, most):
    """Postings of each hash (at most `most`, else none): index into `hashes`, document, position."""
    firsts, counts = np.zeros(hashes.size, np.int64), np.zeros(hashes.size, np.int64)
    find(hashes, bits, bitmap, directory, low, most, firsts, counts)
    total = counts.sum()
    which = np.empty(total, np.int64)
    document, position = np.empty(total, np.uint32), np.empty(total, np.uint32)
    n = 0
    for i in range(hashes.size):
        for row in range(firsts[i], firsts[i] + counts[i]):
            which[n], document[n], position[n] = i, documents[row], positions[row]
            n += 1
    return which, document, position


@numba.njit(cache=True)
def weigh(which, entry, hashes, bits, most, least, seen, shift, public, weights):
    """Bits of each posting (`which` ascends) into `weights`; negative where it is too common to count at all.

    A gram in n documents loses log2(n) bits; one repeated in the query or in a document shares its bits among the
    repetitions; one seen in `public` documents of the background (`seen`, empty for none) has no bits.
    """
    n, runs, i = which.size, 0, 0
    matched = np.empty(n, np.uint64)
    while i < n:
        matched[runs] = hashes[which[i]]
        runs += 1
        j = i + 1
        while j < n and which[j] == which[i]:
            j += 1
        i = j
    matched = np.sort(matched[:runs])
    i = 0
    while i < n:
        j, spread = i + 1, 1
        while j < n and which[j] == which[i]:
            if entry[j] != entry[j - 1]:
                spread += 1
            j += 1
        value = np.float32(-1)
        if j - i <= most:
            h = hashes[which[i]]
            same = np.searchsorted(matched, h, "right") - np.searchsorted(matched, h, "left")
            value = np.float32(max(bits[which[i]] - np.log2(spread), least) / max(same, (j - i) / spread))
            if seen.size and seen[h >> shift] >= public:
                value = np.float32(0)
        for m in range(i, j):
            weights[m] = value
        i = j


@numba.njit(cache=True)
def groups(entry, weights, least, most):
    """(order of postings by document, first and last of each strong group), strongest first, at most `most`.

    A group is strong when its weights sum to `least`.
    """
    order = np.argsort(entry, kind="mergesort")
    begins, ends = np.empty(entry.size, np.int64), np.empty(entry.size, np.int64)
    sums = np.empty(entry.size, np.float64)
    count, i, n = 0, 0, order.size
    while i < n:
        j, total = i, 0.0
        while j < n and entry[order[j]] == entry[order[i]]:
            total += max(np.float32(0), weights[order[j]])
            j += 1
        if total >= least:
            begins[count], ends[count], sums[count] = i, j, total
            count += 1
        i = j
    first = np.argsort(-sums[:count], kind="mergesort")[:most]
    return order, begins[first], ends[first]


@numba.njit(cache=True)
def aligned(mine, which, place, positions, lengths, weights, longest_gap, least, most):
    """Chains over the postings `mine` of one document: (spans as `chains` gives them, bits of each)."""
    kept = np.empty(mine.size, np.int64)
    keys = np.empty(mine.size, np.int64)
    n = 0
    for m in mine:
        if weights[m] >= 0:
            kept[n], keys[n] = m, np.int64(positions[which[m]]) << 32 | np.int64(place[m])
            n += 1
    order = kept[:n][np.argsort(keys[:n], kind="mergesort")]
    q, d, k = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    w = np.empty(n, np.float32)
    for i in range(n):
        m = order[i]
        q[i], d[i], k[i], w[i] = positions[which[m]], place[m], lengths[which[m]], weights[m]
    spans, scores = np.empty((most, 4), np.int32), np.empty(most, np.float32)
    count = chains(q, d, w, k, longest_gap, least, spans, scores)
    return spans[:count], scores[:count]
