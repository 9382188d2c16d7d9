"""A second Merkle tree: the recursive definitions of RFC 9162 §2.1, word for word and slow. Shares nothing with ours."""

import hashlib


def split(n):
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def mth(entries, name="sha256"):
    h = lambda data: hashlib.new(name, data).digest()  # noqa: E731  # one line reads as the RFC writes it
    if not entries:
        return h(b"")
    if len(entries) == 1:
        return h(b"\x00" + entries[0])
    k = split(len(entries))
    return h(b"\x01" + mth(entries[:k], name) + mth(entries[k:], name))


def path(m, entries, name="sha256"):
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k], name), mth(entries[k:], name)]
    return [*path(m - k, entries[k:], name), mth(entries[:k], name)]


def proof(m, entries):
    return subproof(m, entries, whole=True)


def subproof(m, entries, *, whole):
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], whole=whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], whole=False), mth(entries[:k])]
