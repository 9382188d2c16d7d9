"""Chaining of anchors: the best collinear runs of shared k-grams between a query and one document."""

import numba
import numpy as np

LOOK_BACK = 64
GAP_COST, SKIP_COST = np.float32(0.15), np.float32(0.02)


@numba.njit(cache=True)
def _link(q, d, w, k, longest_gap, score, before):
    """For each anchor (sorted by q, d) the best score of a chain that ends there, and its predecessor."""
    for i in range(q.size):
        best, choice = np.float32(0), -1
        looked, j = 0, i - 1
        while j >= 0 and looked < LOOK_BACK:
            dq, dd = q[i] - q[j], d[i] - d[j]
            if dq > longest_gap:
                break
            if dq > 0 and 0 < dd <= longest_gap:
                step = min(dq, dd)
                gain = score[j] - GAP_COST * abs(dq - dd) - SKIP_COST * max(0, step - k[j])
                gain -= w[i] * np.float32(max(0, k[i] - step)) / np.float32(k[i])
                if gain > best:
                    best, choice = gain, j
            looked += 1
            j -= 1
        score[i], before[i] = w[i] + best, choice


@numba.njit(cache=True)
def chains(q, d, w, k, longest_gap, least, spans, scores):
    """Chains of at least `least` bits, best first, each anchor in one of them; returns how many.

    Anchors are sorted by (q, d). `spans` gets rows (query begin, query end, document begin, document end) in units.
    """
    n = q.size
    score, before, used = np.zeros(n, np.float32), np.full(n, -1, np.int32), np.zeros(n, np.bool_)
    _link(q, d, w, k, longest_gap, score, before)
    count = 0
    for i in np.argsort(-score):
        if count >= scores.size or score[i] < least:
            break
        if used[i]:
            continue
        j, last, top_q, top_d = i, i, q[i] + k[i], d[i] + k[i]
        while j != -1 and not used[j]:
            used[j] = True
            top_q, top_d = max(top_q, q[j] + k[j]), max(top_d, d[j] + k[j])
            last, j = j, before[j]
        got = score[i] - (score[j] if j != -1 else np.float32(0))
        if got < least:
            continue
        spans[count, 0], spans[count, 1], spans[count, 2], spans[count, 3] = q[last], top_q, d[last], top_d
        scores[count] = got
        count += 1
    return count
