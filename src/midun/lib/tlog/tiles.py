"""Tiles and entry bundles: their paths, their bytes, and nodes of the tree read from them (C2SP tlog-tiles)."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.merkle import HASH_BYTES, SHA256, Node, TreeHash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
MAX_ENTRY = 0xFFFF
ENTRIES = -1
"""The "level" of entry bundles, which lie beside the tiles of level 0."""

CHECKPOINT_PATH = "checkpoint"
_MAX_LEVEL = 63
_KEPT_TILES = 1024
_LEVEL = re.compile(r"0|[1-9][0-9]?")
_WIDTH = re.compile(r"[1-9][0-9]{0,2}")
_INDEX = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}")


class Tile(NamedTuple):
    """A tile, or an entry bundle (level ENTRIES): its number in the level, its width (1 to 256)."""

    level: int
    number: int
    width: int = TILE_WIDTH

    @property
    def full(self) -> "Tile":
        """The tile of full width at the same place."""
        return Tile(self.level, self.number)

    @property
    def path(self) -> str:
        """Path below the log's prefix, for example `tile/0/x001/x234/067.p/3`."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        whole = f"tile/{level}/{_index_path(self.number)}"
        return whole if self.width == TILE_WIDTH else f"{whole}.p/{self.width}"

    @property
    def partials(self) -> str:
        """Prefix of the paths of the partial tiles of this place."""
        return f"{self.full.path}.p/"


def _index_path(index: int) -> str:
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def parse_path(path: str) -> Tile:
    """The tile or bundle of a path, only in its one canonical form. Raises `Refused(PATH_MALFORMED)`."""
    parts = path.split("/", 2)
    if len(parts) != 3 or parts[0] != "tile":  # noqa: PLR2004  # tile/<L>/<N>
        raise Refused(Reason.PATH_MALFORMED, path)
    if parts[1] != "entries" and not _LEVEL.fullmatch(parts[1]):
        raise Refused(Reason.PATH_MALFORMED, path)
    level = ENTRIES if parts[1] == "entries" else int(parts[1])
    number, partial, width = parts[2].partition(".p/")
    if not _INDEX.fullmatch(number) or (partial and not _WIDTH.fullmatch(width)):
        raise Refused(Reason.PATH_MALFORMED, path)
    tile = Tile(level, int(re.sub("[x/]", "", number)), int(width) if partial else TILE_WIDTH)
    if tile.path != path or level > _MAX_LEVEL:
        raise Refused(Reason.PATH_MALFORMED, path)
    return tile


def tile_at(level: int, index: int, size: int) -> Tile:
    """The tile of that place in a tree of `size` leaves, full or partial; width 0 if the tree has none there."""
    hashes = size >> (TILE_HEIGHT * max(level, 0))
    return Tile(level, index, max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH)))


def tiles_of(size: int, *, since: int = 0) -> Iterator[Tile]:
    """Every tile and bundle of a tree of `size` leaves that the tree of `since` leaves had not (or not so wide)."""
    for level in [ENTRIES, *range(_MAX_LEVEL + 1)]:
        shift = TILE_HEIGHT * max(level, 0)
        old, new = since >> shift, size >> shift
        if not new:
            return
        for index in range(old // TILE_WIDTH, -(-new // TILE_WIDTH)):
            tile = tile_at(level, index, size)
            if tile != tile_at(level, index, since):
                yield tile


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """Bytes of an entry bundle. Raises `Refused(ENTRY_TOO_LARGE)`."""
    lengths = set(map(len, entries))
    if lengths and max(lengths) > MAX_ENTRY:
        raise Refused(Reason.ENTRY_TOO_LARGE, f"{max(lengths)} bytes")
    if len(lengths) == 1:  # as in most logs
        length = lengths.pop().to_bytes(2, "big")
        return length + length.join(entries)
    return b"".join([part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry)])


def decode_entries(data: bytes, width: int) -> list[bytes]:
    """The `width` entries of a bundle, with nothing behind them. Raises `Refused(BUNDLE_MALFORMED)`."""
    step = 2 + int.from_bytes(data[:2], "big")
    if len(data) == width * step and data[::step] + data[1::step] == data[:1] * width + data[1:2] * width:
        return [data[begin : begin + step - 2] for begin in range(2, len(data) + 1, step)]  # all of one length
    entries, at = [], 0
    for number in range(width):
        begin = at + 2
        at = begin + int.from_bytes(data[at:begin], "big")
        if begin > len(data) or at > len(data):
            raise Refused(Reason.BUNDLE_MALFORMED, f"ends inside entry {number} of {width}")
        entries.append(data[begin:at])
    if at != len(data):
        raise Refused(Reason.BUNDLE_MALFORMED, f"{len(data) - at} bytes behind entry {width - 1}")
    return entries


def decode_tile(data: bytes, width: int) -> list[bytes]:
    """The `width` hashes of a tile. Raises `Refused(TILE_LENGTH)`."""
    if len(data) != width * HASH_BYTES:
        raise Refused(Reason.TILE_LENGTH, f"{len(data)} bytes instead of {width * HASH_BYTES}")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def subtree(hashes: Sequence[bytes], tree: TreeHash = SHA256) -> bytes:
    """Root over 2^k hashes of equal height."""
    row = list(hashes)
    while len(row) > 1:
        row = tree.above(row)
    return row[0]


Fetch = Callable[[str], bytes | None]
"""Bytes of a path below the log's prefix; None where there is no such file."""


class TiledTree:
    """The nodes of a tree of `size` leaves, read from its tiles; the tiles read last are kept (some 40 MiB at most).

    What it gives is as true as the tiles: check proofs, or the root, against a signed checkpoint.
    """

    def __init__(self, fetch: Fetch, size: int) -> None:
        self.size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], list[list[bytes]]] = {}

    def __call__(self, nodes: Sequence[Node]) -> list[bytes]:
        """Hashes of nodes inside the tree. Raises `Refused`: INDEX_BEYOND_TREE, TILE_MISSING, TILE_LENGTH."""
        return [self._node(node) for node in nodes]

    def _node(self, node: Node) -> bytes:
        if (node.number + 1) << node.height > self.size:
            raise Refused(Reason.INDEX_BEYOND_TREE, f"{node} in a tree of {self.size}")
        level, rest = divmod(node.height, TILE_HEIGHT)
        begin = node.number << rest
        return self._rows(level, begin // TILE_WIDTH)[rest][(begin % TILE_WIDTH) >> rest]

    def hashes(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile, as wide as the tree has it."""
        return self._rows(level, index)[0]

    def _rows(self, level: int, index: int) -> list[list[bytes]]:
        """A tile's hashes, and above them those of all complete subtrees inside it."""
        found = self._tiles.get((level, index))
        if found is None:
            tile = tile_at(level, index, self.size)
            found = [decode_tile(self._read(tile, HASH_BYTES * tile.width), tile.width)]
            while len(found[-1]) > 1:
                found.append(SHA256.above(found[-1]))
            self._tiles[level, index] = found
            if len(self._tiles) > _KEPT_TILES:
                del self._tiles[next(iter(self._tiles))]
        return found

    def entries(self, index: int) -> list[bytes]:
        """The entries of a bundle, as many as the tree has. Raises `Refused`: TILE_MISSING, BUNDLE_MALFORMED."""
        tile = tile_at(ENTRIES, index, self.size)
        data = self._fetch(tile.path)
        if data is not None:
            return decode_entries(data, tile.width)
        whole = self._fetch(tile.full.path) if tile != tile.full else None
        if whole is None:
            raise Refused(Reason.TILE_MISSING, tile.path)
        return decode_entries(whole, TILE_WIDTH)[: tile.width]

    def _read(self, tile: Tile, length: int) -> bytes:
        data = self._fetch(tile.path)
        if data is None and tile != tile.full:
            whole = self._fetch(tile.full.path)
            data = None if whole is None else whole[:length]
        if data is None:
            raise Refused(Reason.TILE_MISSING, tile.path)
        return data
