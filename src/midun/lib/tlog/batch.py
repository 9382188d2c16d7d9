"""Inclusion proofs of a whole batch at once: neighbours share almost all of their hashes."""

from collections.abc import Sequence

from midun.lib.tlog.encoding import to_base64
from midun.lib.tlog.merkle import SHA256, Node, Nodes


class BatchPaths:
    """The proof lines of the last entries of a tree, made from their leaf hashes and one node per level.

    Level *h* has ceil(size / 2^h) nodes: an unpaired last node moves up unchanged, which gives the tree of RFC 6962
    §2.1. Of each level only the part that the batch needs is kept, as text.
    """

    def __init__(self, first: int, leaves: Sequence[bytes], nodes: Nodes) -> None:
        """`leaves` are the hashes of the entries `first` to the end of the tree, at least one; `nodes` gives the rest.

        Raises what `nodes` raises.
        """
        self._first = first
        self._levels: list[tuple[int, list[str]]] = []
        count, begin, row = first + len(leaves), first, list(leaves)
        wanted = [Node(height, (first >> height) - 1) for height in range(count.bit_length()) if first >> height & 1]
        left = dict(zip((node.height for node in wanted), nodes(wanted), strict=True))
        height = 0
        while count > 1:
            if begin & 1:
                begin, row = begin - 1, [left[height], *row]
            self._levels.append((begin, [to_base64(item) + "\n" for item in row]))
            above = SHA256.above(row)
            row = [*above, row[-1]] if len(row) & 1 else above
            count, begin, height = (count + 1) >> 1, begin >> 1, height + 1

    def lines(self, index: int) -> str:
        """The hash lines of the proof of entry `index`, as they stand in a tlog-proof."""
        found = []
        for begin, row in self._levels:
            at = (index ^ 1) - begin
            if at < len(row):
                found.append(row[at])
            index >>= 1
        return "".join(found)
