"""Merkle trees of RFC 6962 §2.1: roots, inclusion and consistency proofs, made from stored nodes and verified.

A node (height h, number i) is the root of the complete subtree over leaves [i·2^h, (i+1)·2^h). Proofs are made from any
source of nodes (tiles, a list); verification is a different algorithm (RFC 9162 §2.1.3.2, §2.1.4.2) that knows no tree.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from midun.lib.tlog.errors import Reason, Refused

HASH_BYTES = 32
MAX_PROOF = 63
"""A tree of 2^63 leaves needs no longer proof; nothing longer is read."""


@dataclass(frozen=True)
class TreeHash:
    """A tree's hash function: `digest` maps bytes to 32 bytes."""

    name: str
    digest: Callable[[bytes], bytes]

    def leaf(self, entry: bytes) -> bytes:
        """Hash of a leaf: H(0x00 ‖ entry)."""
        return self.digest(b"\0" + entry)

    def node(self, left: bytes, right: bytes) -> bytes:
        """Hash of an inner node: H(0x01 ‖ left ‖ right)."""
        return self.digest(b"\1" + left + right)

    def leaves(self, entries: Iterable[bytes]) -> list[bytes]:
        """Hashes of many leaves."""
        return [self.leaf(entry) for entry in entries]

    def above(self, row: Sequence[bytes]) -> list[bytes]:
        """The nodes above the pairs of a row; an unpaired last one is left out."""
        pairs = iter(row)
        return [self.node(left, right) for left, right in zip(pairs, pairs, strict=False)]

    @property
    def empty(self) -> bytes:
        """Root of the tree without leaves: H("")."""
        return self.digest(b"")


class _Sha256(TreeHash):
    """The same, with loops that call nothing of Python's: appending is mostly these two."""

    def leaves(self, entries: Iterable[bytes]) -> list[bytes]:
        """As above."""
        new = hashlib.sha256
        return [new(b"\0" + entry).digest() for entry in entries]

    def above(self, row: Sequence[bytes]) -> list[bytes]:
        """As above."""
        new, pairs = hashlib.sha256, iter(row)
        return [new(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


SHA256: TreeHash = _Sha256("sha256", _sha256)


class Node(NamedTuple):
    """A complete subtree: leaves [number·2^height, (number+1)·2^height)."""

    height: int
    number: int


Nodes = Callable[[Sequence[Node]], Sequence[bytes]]
"""A source of nodes: gives the hashes of the nodes asked for, in order; raises `Refused` if it lacks one."""


@dataclass
class Frontier:
    """The right edge of a growing tree: as many hashes as `size` has one bits, tallest first."""

    tree: TreeHash = SHA256
    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def copy(self) -> "Frontier":
        """An independent copy."""
        return Frontier(self.tree, self.size, list(self.peaks))

    def extend(self, leaves: Iterable[bytes]) -> list[list[bytes]]:
        """Add leaf hashes; give the nodes this completes, by height (the leaves at 0), each row in order."""
        row, height, peaks, rows = list(leaves), 0, [], []
        size = self.size
        self.size += len(row)
        while row or size >> height:
            rows.append(row)
            if size >> height & 1:
                row = [self.peaks.pop(), *row]
            if len(row) & 1:
                peaks.append(row[-1])
            row = self.tree.above(row)
            height += 1
        self.peaks = peaks[::-1]
        return rows

    def root(self) -> bytes:
        """Root of the tree so far."""
        return _fold(self.peaks, self.tree)

    def load(self, size: int, nodes: Nodes) -> None:
        """Become the edge of a stored tree."""
        self.size, self.peaks = size, list(nodes(complete_subtrees(0, size)))


def _fold(hashes: Sequence[bytes], tree: TreeHash) -> bytes:
    """Root over subtrees in falling height: folded from the right."""
    if not hashes:
        return tree.empty
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = tree.node(left, root)
    return root


def complete_subtrees(begin: int, end: int) -> list[Node]:
    """Complete subtrees covering leaves [begin, end), left to right; `begin` as the ranges of proofs have it."""
    found = []
    while begin < end:
        height = (end - begin).bit_length() - 1
        if begin:
            height = min(height, (begin & -begin).bit_length() - 1)
        found.append(Node(height, begin >> height))
        begin += 1 << height
    return found


def _inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Ranges of leaves whose roots are PATH(index, D[size]) (RFC 9162 §2.1.3.1), leaf's sibling first."""
    begin, end, ranges = 0, size, []
    while end - begin > 1:
        split = begin + (1 << ((end - begin - 1).bit_length() - 1))
        if index < split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((begin, split))
            begin = split
    return ranges[::-1]


def _consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Ranges of leaves whose roots are PROOF(old, D[new]) (RFC 9162 §2.1.4.1)."""
    begin, end, ranges = 0, new, []
    while old != end:
        split = begin + (1 << ((end - begin - 1).bit_length() - 1))
        if old <= split:
            ranges.append((split, end))
            end = split
        else:
            ranges.append((begin, split))
            begin = split
    if begin:
        ranges.append((begin, end))
    return ranges[::-1]


def _roots(ranges: list[tuple[int, int]], nodes: Nodes, tree: TreeHash) -> list[bytes]:
    parts = [complete_subtrees(begin, end) for begin, end in ranges]
    hashes = iter(nodes([node for part in parts for node in part]))
    return [_fold([next(hashes) for _node in part], tree) for part in parts]


def tree_root(size: int, nodes: Nodes, tree: TreeHash = SHA256) -> bytes:
    """Root of the first `size` leaves."""
    return _fold(list(nodes(complete_subtrees(0, size))), tree)


def inclusion_proof(index: int, size: int, nodes: Nodes, tree: TreeHash = SHA256) -> list[bytes]:
    """Audit path of leaf `index` (from 0) in the tree of `size` leaves, leaf's sibling first (RFC 9162 §2.1.3.1).

    Raises `Refused(INDEX_BEYOND_TREE)`, and what `nodes` raises.
    """
    if not 0 <= index < size:
        raise Refused(Reason.INDEX_BEYOND_TREE, f"index {index}, size {size}")
    return _roots(_inclusion_ranges(index, size), nodes, tree)


def consistency_proof(old: int, new: int, nodes: Nodes, tree: TreeHash = SHA256) -> list[bytes]:
    """Proof that the tree of `old` leaves is a beginning of that of `new` (RFC 9162 §2.1.4.1); empty for old = 0.

    Raises `Refused(INDEX_BEYOND_TREE)` if old > new, and what `nodes` raises.
    """
    if not 0 <= old <= new:
        raise Refused(Reason.INDEX_BEYOND_TREE, f"old {old}, new {new}")
    return _roots(_consistency_ranges(old, new), nodes, tree) if old else []


def path_root(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], tree: TreeHash = SHA256) -> bytes:
    """The root an audit path leads to from a leaf's hash (RFC 9162 §2.1.3.2, without the last comparison).

    Raises `Refused`: INDEX_BEYOND_TREE, PROOF_LENGTH.
    """
    if not 0 <= index < size:
        raise Refused(Reason.INDEX_BEYOND_TREE, f"index {index}, size {size}")
    fn, sn, result = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise Refused(Reason.PROOF_LENGTH, f"{len(proof)} hashes are too many for size {size}")
        if fn & 1 or fn == sn:
            result = tree.node(sibling, result)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            result = tree.node(result, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Refused(Reason.PROOF_LENGTH, f"{len(proof)} hashes are too few for size {size}")
    return result


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes, tree: TreeHash = SHA256
) -> None:
    """Check an audit path (RFC 9162 §2.1.3.2). `leaf` is the leaf's hash.

    Raises `Refused`: INDEX_BEYOND_TREE, PROOF_LENGTH, INCLUSION_WRONG.
    """
    if path_root(leaf=leaf, index=index, size=size, proof=proof, tree=tree) != root:
        raise Refused(Reason.INCLUSION_WRONG, f"leaf {index} of {size}")


def verify_consistency(
    *, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes], tree: TreeHash = SHA256
) -> None:
    """Check that one tree is a beginning of the other (RFC 9162 §2.1.4.2; old = 0 as docs/formats/tlog.md says).

    Raises `Refused`: INDEX_BEYOND_TREE (old > new), PROOF_LENGTH, CONSISTENCY_WRONG.
    """
    if not 0 <= old <= new:
        raise Refused(Reason.INDEX_BEYOND_TREE, f"old {old}, new {new}")
    if old in (0, new):
        _verify_trivial(old=old, old_root=old_root, new_root=new_root, new=new, proof=proof, tree=tree)
        return
    if not proof:
        raise Refused(Reason.PROOF_LENGTH, "empty")
    first, second = _both_roots(old, new, list(proof) if old & (old - 1) else [old_root, *proof], tree)
    if first != old_root or second != new_root:
        raise Refused(Reason.CONSISTENCY_WRONG, f"from {old} to {new}")


def _both_roots(old: int, new: int, hashes: list[bytes], tree: TreeHash) -> tuple[bytes, bytes]:
    """The roots of both trees as a consistency proof has them; `hashes` begins with a node of both."""
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if sn == 0:
            raise Refused(Reason.PROOF_LENGTH, f"too long from {old} to {new}")
        if fn & 1 or fn == sn:
            first, second = tree.node(sibling, first), tree.node(sibling, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = tree.node(second, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Refused(Reason.PROOF_LENGTH, f"too short from {old} to {new}")
    return first, second


def _verify_trivial(
    *, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes], tree: TreeHash
) -> None:
    if proof:
        raise Refused(Reason.PROOF_LENGTH, f"from {old} to {new} the proof is empty")
    if (old == new and old_root != new_root) or (old == 0 and old_root != tree.empty):
        raise Refused(Reason.CONSISTENCY_WRONG, f"from {old} to {new}")
