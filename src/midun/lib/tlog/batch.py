"""Inclusion proofs of a whole batch at once: neighbours share almost all of their hashes."""

from binascii import b2a_base64
from collections.abc import Sequence

from midun.lib.tlog.merkle import SHA256, Node, Nodes


class BatchPaths:
    """The proof lines of the last entries of a tree, made from their leaf hashes and one node per level.

    Level *h* has ceil(size / 2^h) nodes: an unpaired last node moves up unchanged, which gives the tree of RFC 6962
    §2.1. Of each level only the part that the batch needs is kept.
    """

    def __init__(self, first: int, leaves: Sequence[bytes], nodes: Nodes) -> None:
        """`leaves` are the hashes of the entries `first` to the end of the tree, at least one; `nodes` gives the rest.

        Raises what `nodes` raises.
        """
        self._levels: list[tuple[int, Sequence[bytes]]] = []
        count, begin, row = first + len(leaves), first, list(leaves)
        wanted = [Node(height, (first >> height) - 1) for height in range(count.bit_length()) if first >> height & 1]
        left = dict(zip((node.height for node in wanted), nodes(wanted), strict=True))
        height = 0
        while count > 1:
            if begin & 1:
                begin, row = begin - 1, [left[height], *row]
            self._levels.append((begin, row))
            above = SHA256.above(row)
            row = [*above, row[-1]] if len(row) & 1 else above
            count, begin, height = (count + 1) >> 1, begin >> 1, height + 1

    def lines(self, begin: int, end: int, ending: bytes = b"\n") -> list[bytes]:
        """The hash lines of the proofs of the entries from `begin` to before `end`, as they stand in a tlog-proof.

        From the top of the tree down: the lines of a node are its sibling's and then its parent's, so that each hash
        is written once and each proof is joined from two pieces.
        """
        above, start = [b""], 0
        for height in range(len(self._levels) - 1, -1, -1):
            first, row = self._levels[height]
            low, high = begin >> height, (end - 1 >> height) + 1
            # From the sibling of the first node to that of the last; an unpaired last node has none.
            from_, to = low & ~1, (high + 1) & ~1
            text = [b2a_base64(item, newline=False) + ending for item in row[from_ - first : to - first]]
            text += [b""] * (to - from_ - len(text))
            above = [text[(node ^ 1) - from_] + above[(node >> 1) - start] for node in range(low, high)]
            start = low
        return above
