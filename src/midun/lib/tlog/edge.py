"""The right edge of a stored log: what is needed to add entries and to write the tiles and bundles that change."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from midun.lib.tlog.merkle import SHA256, Frontier
from midun.lib.tlog.tiles import (
    ENTRIES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Fetch,
    Tile,
    TiledTree,
    encode_entries,
)


@dataclass
class Edge:
    """The tree's peaks, the unfilled tile of each level, the unfilled bundle. Memory: below 256 hashes per level."""

    tree: Frontier = field(default_factory=Frontier)
    rows: list[list[bytes]] = field(default_factory=list)
    bundle: list[bytes] = field(default_factory=list)

    @classmethod
    def load(cls, fetch: Fetch, size: int) -> "Edge":
        """Read the edge of a log of `size` entries. Raises `Refused` where tiles are missing or malformed.

        The caller compares `tree.root()` with a signed checkpoint, and calls `check` for the last bundle.
        """
        tiles, edge = TiledTree(fetch, size), cls()
        edge.tree.load(size, tiles)
        level = 0
        while size >> (TILE_HEIGHT * level):
            width = (size >> (TILE_HEIGHT * level)) % TILE_WIDTH
            number = (size >> (TILE_HEIGHT * level)) // TILE_WIDTH
            edge.rows.append(list(tiles.hashes(level, number)) if width else [])
            level += 1
        if size % TILE_WIDTH:
            edge.bundle = tiles.entries(size // TILE_WIDTH)
        return edge

    def bundle_fits(self) -> bool:
        """Whether the last entries hash to the last level-0 tile."""
        return SHA256.leaves(self.bundle) == (self.rows[0] if self.rows else [])

    def copy(self) -> "Edge":
        """An independent copy."""
        return Edge(self.tree.copy(), [list(row) for row in self.rows], list(self.bundle))

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.tree.size

    def add(self, entries: Sequence[bytes], leaves: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Add entries, whose leaf hashes are `leaves`; give every tile and bundle the new tree has and the old had not.

        Must be read to its end.
        """
        yield from self._add_to_bundles(entries)
        begun = self.size
        completed = self.tree.extend(leaves)
        for level, nodes in enumerate(completed[::TILE_HEIGHT]):
            if nodes:
                yield from self._add_to_row(level, begun >> (TILE_HEIGHT * level), nodes)

    def _add_to_row(self, level: int, begun: int, nodes: list[bytes]) -> Iterator[tuple[Tile, bytes]]:
        if level == len(self.rows):
            self.rows.append([])
        row = self.rows[level] + nodes
        for number, part in enumerate(_cut(row), begun // TILE_WIDTH):
            yield Tile(level, number, len(part)), b"".join(part)
        self.rows[level] = row[len(row) - len(row) % TILE_WIDTH :]

    def _add_to_bundles(self, entries: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        if not entries:
            return
        row = [*self.bundle, *entries]
        for number, part in enumerate(_cut(row), self.size // TILE_WIDTH):
            yield Tile(ENTRIES, number, len(part)), encode_entries(part)
        self.bundle = row[len(row) - len(row) % TILE_WIDTH :]


def _cut(row: list[bytes]) -> Iterator[list[bytes]]:
    """Pieces as wide as a tile; the last may be narrower."""
    return (row[begin : begin + TILE_WIDTH] for begin in range(0, len(row), TILE_WIDTH))
