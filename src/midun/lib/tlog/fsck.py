"""Checking a log's public files: everything is read and hashed again, and each damaged file is named.

Which of two disagreeing files is wrong is decided by a third: a bundle and its level-0 tile by the tile above, those of
the right edge by the checkpoint's root. Nothing is changed. The private files are checked in `fsck_private`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.findings import Kind, Report, read_checkpoint
from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.merkle import HASH_BYTES, SHA256, Node, tree_root
from midun.lib.tlog.tiles import (
    CHECKPOINT_PATH,
    ENTRIES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Fetch,
    Tile,
    decode_entries,
    parse_path,
    subtree,
    tile_at,
)

_SHOWN = 5


@dataclass(frozen=True)
class _Read:
    """A file of the tree as read: its hashes, or None where it cannot be used."""

    path: str
    hashes: list[bytes] | None
    data: bytes | None = None


class PublicCheck:
    """One check of tiles and bundles against a tree head."""

    def __init__(self, fetch: Fetch, paths: Iterable[str], head: Checkpoint, report: Report, promised: int) -> None:
        """`paths` are all files there are; `promised` is the size the state row has reached (at least `head.size`)."""
        self._source = fetch
        self._unreadable: set[str] = set()
        self._head = head
        self._report = report
        self._promised = max(promised, head.size)
        self._partials: dict[tuple[int, int], list[Tile]] = {}
        self._stored: dict[int, list[bytes | None]] = {}
        self._rows: list[list[bytes]] = []
        self._last: tuple[_Read, _Read] | None = None
        self._sort(paths)

    def run(self) -> None:
        """Check everything."""
        for level in range(1, 1 + (self._head.size.bit_length() - 1) // TILE_HEIGHT if self._head.size else 0):
            self._stored[level] = self._load_level(level)
        self._check_entries()
        for level in sorted(self._stored):
            self._check_level(level)
        self._check_root()

    # ---- which files there may be

    def _sort(self, paths: Iterable[str]) -> None:
        for path in paths:
            self._report.files += 1
            if path == CHECKPOINT_PATH:
                continue
            if "/.tmp-" in f"/{path}":
                self._report.add(path, Kind.EXTRA, "未完成写入的临时文件，可以删除。", notice=True)
                continue
            try:
                tile = parse_path(path)
            except Refused:
                self._report.add(path, Kind.EXTRA, "不是日志的文件。")
                continue
            end = tile.number * TILE_WIDTH + tile.width
            if end > self._promised >> (TILE_HEIGHT * max(tile.level, 0)):
                self._report.add(path, Kind.EXTRA, f"超出日志的大小 {self._promised}。")
            elif tile.width < TILE_WIDTH and tile != tile_at(tile.level, tile.number, self._head.size):
                self._partials.setdefault((tile.level, tile.number), []).append(tile)

    # ---- reading

    def _fetch(self, path: str) -> bytes | None:
        try:
            return self._source(path)
        except OSError as error:
            if path not in self._unreadable:
                self._report.add(path, Kind.UNREADABLE, f"读取失败：{error.strerror or error}。")
            self._unreadable.add(path)
            return None

    def _read(self, tile: Tile) -> bytes | None:
        data = self._fetch(tile.path)
        if data is None and tile.width < TILE_WIDTH:
            whole = self._fetch(tile.full.path)
            if whole is not None and tile.level == ENTRIES:
                return _prefix_of_bundle(whole, tile.width)
            data = None if whole is None else whole[: tile.width * HASH_BYTES]
        if data is None and tile.path not in self._unreadable:
            self._report.add(tile.path, Kind.MISSING, "文件缺失。")
        return data

    def _read_tile(self, tile: Tile) -> _Read:
        data = self._read(tile)
        length = tile.width * HASH_BYTES
        if data is None:
            return _Read(tile.path, None)
        if len(data) != length:
            kind = Kind.TRUNCATED if len(data) < length else Kind.CHANGED
            self._report.add(tile.path, kind, f"应为 {length} 字节，实为 {len(data)} 字节。")
            return _Read(tile.path, None)
        return _Read(tile.path, [data[at : at + HASH_BYTES] for at in range(0, length, HASH_BYTES)], data)

    def _read_bundle(self, tile: Tile) -> _Read:
        data = self._read(tile)
        if data is None:
            return _Read(tile.path, None)
        try:
            entries = decode_entries(data, tile.width)
        except Refused as refused:
            kind = Kind.TRUNCATED if "ends inside" in refused.detail else Kind.CHANGED
            self._report.add(tile.path, kind, f"读不出 {tile.width} 条记录（{refused.detail}）。")
            return _Read(tile.path, None)
        return _Read(tile.path, [SHA256.leaf(entry) for entry in entries], data)

    def _load_level(self, level: int) -> list[bytes | None]:
        count = self._head.size >> (TILE_HEIGHT * level)
        hashes: list[bytes | None] = []
        for number in range(-(-count // TILE_WIDTH)):
            tile = tile_at(level, number, self._head.size)
            hashes += self._read_tile(tile).hashes or [None] * tile.width
        return hashes

    # ---- comparing

    def _check_entries(self) -> None:
        self._rows.append([])
        for number in range(-(-self._head.size // TILE_WIDTH)):
            bundle = self._read_bundle(tile_at(ENTRIES, number, self._head.size))
            tile = self._read_tile(tile_at(0, number, self._head.size))
            if number == self._head.size // TILE_WIDTH:
                self._last = (bundle, tile)  # judged by the root, when all else is known
                continue
            above = self._stored[1][number]
            truth = self._judge(bundle, tile, above)
            self._rows[0].append(subtree(truth) if truth else above or bytes(HASH_BYTES))
            self._check_partials(bundle, truth, number)

    def _judge(self, bundle: _Read, tile: _Read, above: bytes | None) -> list[bytes] | None:
        """Report the one of both that is wrong; give the hashes that are right."""
        if bundle.hashes is None or tile.hashes is None:
            kept = tile if bundle.hashes is None else bundle
            if kept.hashes and above and subtree(kept.hashes) != above:
                self._report.add(kept.path, Kind.CHANGED, "内容与上层树块不符。")
            return kept.hashes
        if bundle.hashes == tile.hashes:
            return bundle.hashes
        if above == subtree(bundle.hashes):
            self._differ(tile.path, tile.hashes, bundle.hashes, "个哈希")
            return bundle.hashes
        self._differ(bundle.path, bundle.hashes, tile.hashes, "条记录")
        if above is not None and above != subtree(tile.hashes):
            self._report.add(tile.path, Kind.CHANGED, "与记录包不符，也与上层树块不符。")
        return tile.hashes

    def _differ(self, path: str, found: Sequence[bytes | None], right: Sequence[bytes], unit: str) -> None:
        places = [place for place, item in enumerate(right) if place < len(found) and found[place] != item]
        shown = "、".join(str(place) for place in places[:_SHOWN]) + (" 等" if len(places) > _SHOWN else "")
        self._report.add(path, Kind.CHANGED, f"第 {shown} {unit}被改动（从 0 数起）。")

    def _check_partials(self, bundle: _Read, truth: list[bytes] | None, number: int) -> None:
        for tile in self._partials.pop((0, number), []):
            self._check_partial(tile, b"".join(truth or [])[: tile.width * HASH_BYTES])
        for tile in self._partials.pop((ENTRIES, number), []):
            whole = bundle.data if bundle.hashes == truth else None
            self._check_partial(tile, _prefix_of_bundle(whole or b"", tile.width) or b"")

    def _check_partial(self, tile: Tile, right: bytes) -> None:
        data = self._fetch(tile.path)
        if data is None or not right or data == right:
            return  # vanished meanwhile, or there is nothing left to compare with
        if tile_at(tile.level, tile.number, self._head.size).width < tile.width and data.startswith(right):
            return  # of a tree that is promised but not published
        kind = Kind.TRUNCATED if right.startswith(data) else Kind.CHANGED
        self._report.add(tile.path, kind, "与完整文件的开头不符。")

    def _check_level(self, level: int) -> None:
        """Compare a level's stored hashes with the roots of the tiles below."""
        right, stored = self._rows[level - 1], self._stored[level]
        for number in range(-(-len(right) // TILE_WIDTH)):
            tile = tile_at(level, number, self._head.size)
            begin = number * TILE_WIDTH
            mine = stored[begin : begin + TILE_WIDTH]
            truth = right[begin : begin + TILE_WIDTH]
            if None not in mine and mine != truth:
                self._differ(tile.path, mine, truth, "个哈希")
            for partial in self._partials.pop((level, number), []):
                self._check_partial(partial, b"".join(truth[: partial.width]))
        full = len(right) // TILE_WIDTH
        self._rows.append([subtree(right[n * TILE_WIDTH : (n + 1) * TILE_WIDTH]) for n in range(full)])

    # ---- the root

    def _root(self, last: list[bytes]) -> bytes:
        def node(wanted: Node) -> bytes:
            level, rest = divmod(wanted.height, TILE_HEIGHT)
            begin = wanted.number << rest
            row = last if level == 0 else self._rows[level - 1]
            begin -= self._head.size // TILE_WIDTH * TILE_WIDTH if level == 0 else 0
            return subtree(row[begin : begin + (1 << rest)])

        return tree_root(self._head.size, lambda nodes: [node(item) for item in nodes])

    def _tree_is_damaged(self) -> bool:
        return any(finding.kind is not Kind.EXTRA for finding in self._report.findings)

    def _check_root(self) -> None:
        number = self._head.size // TILE_WIDTH
        bundle, tile = self._last or (_Read("", []), _Read("", []))
        fits = {}
        for name, read in (("bundle", bundle), ("tile", tile)):
            fits[name] = read.hashes is not None and self._root(read.hashes) == self._head.root
        if fits["bundle"] and not fits["tile"] and tile.hashes is not None:
            self._differ(tile.path, tile.hashes, bundle.hashes or [], "个哈希")
        elif fits["tile"] and not fits["bundle"] and bundle.hashes is not None:
            self._differ(bundle.path, bundle.hashes, tile.hashes or [], "条记录")
        elif not fits["bundle"] and not fits["tile"] and not self._tree_is_damaged():
            self._report.add(CHECKPOINT_PATH, Kind.CHANGED, "检查点的树根与全部记录不符。")
        self._check_partials(bundle, bundle.hashes if fits["bundle"] else tile.hashes, number)


def _prefix_of_bundle(data: bytes, width: int) -> bytes | None:
    """The bytes of the first entries of a bundle; None if it has fewer."""
    at = 0
    for _entry in range(width):
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    return data[:at] if at <= len(data) else None


def check_public(
    fetch: Fetch,
    paths: Iterable[str],
    keys: Sequence[Verifier],
    *,
    checkpoint: bytes | None,
    promised: Checkpoint | None,
) -> Report:
    """Check all public files of a log.

    `paths` are all files below the public prefix; `keys` are the log's keys (none: signatures are not checked, and the
    report says so); `checkpoint` are the bytes of that file, read before the row; `promised` is what the state row
    signs, if known: its tree may be ahead of the checkpoint, and it stands in for a checkpoint that cannot be read.
    """
    report = Report()
    head = read_checkpoint(report, checkpoint, keys, CHECKPOINT_PATH)
    report.head = head or promised
    if report.head is None:
        return report
    size = promised.size if promised else 0
    PublicCheck(fetch, paths, report.head, report, size).run()
    return report
