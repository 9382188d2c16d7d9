"""`midun log audit URL`: read a whole log from outside and believe nothing: every entry, every tile, its past."""

import argparse
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

from midun.client.outcome import Exit, Failed
from midun.client.progress import Progress
from midun.client.web import Site
from midun.lib.tlog.commitment import parse_entry
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.merkle import HASH_BYTES, Frontier, consistency_proof, verify_consistency
from midun.lib.tlog.note import SignedCheckpoint, open_checkpoint
from midun.lib.tlog.policy import Policy, parse_policy
from midun.lib.tlog.tiles import ENTRIES, TILE_HEIGHT, TILE_WIDTH, TiledTree, decode_tile, tile_at

_NOT_FOUND, _OK = 404, 200
Fetch = Callable[[str], bytes | None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("url", metavar="网址", help="日志的地址，例如 https://平台/log")
    parser.add_argument("--policy", type=Path, metavar="文件", help="信任策略；不给则取日志自己公布的")
    parser.add_argument("--state", type=Path, metavar="文件", help="记住检查点的文件；默认在用户目录下，每个地址一个")
    parser.add_argument("--quick", action="store_true", help="只核对签名与历史一致，不读全部记录")


def run(options: argparse.Namespace) -> Exit:
    """Audit; gives the exit code. Raises `Failed`."""
    site = Site(options.url)
    try:
        policy = parse_policy(options.policy.read_bytes() if options.policy else _need(site, "/policy"))
        data = _need(site, "/checkpoint")
        head = _opened(data, policy)
        state = options.state or _state_of(site.address)
        old = _remembered(state, policy)
        tree = TiledTree(lambda path: _fetch(site, f"/{path}"), head.checkpoint.size)
        if old is not None:
            _follow(old, head, tree)
        if not options.quick:
            read_all(lambda path: _fetch(site, f"/{path}"), head)
        _say(head, policy, old, quick=options.quick)
        if old is None or old.checkpoint.size <= head.checkpoint.size:
            _remember(state, data)
    except Refused as refused:
        raise Failed(Exit.INVALID, f"核查不通过：{refused.reason.sentence}（{refused.detail}）") from refused
    except OSError as error:
        raise Failed(Exit.USAGE, f"读不出或写不下：{error.filename}（{error.strerror}）") from error
    return Exit.OK


def _fetch(site: Site, path: str) -> bytes | None:
    answer = site.get(path)
    if answer.status == _NOT_FOUND:
        return None
    if answer.status != _OK:
        raise Failed(Exit.UNREACHABLE, f"{site.address}{path} 应答 {answer.status}")
    return answer.body


def _need(site: Site, path: str) -> bytes:
    data = _fetch(site, path)
    if data is None:
        raise Failed(Exit.UNREACHABLE, f"{site.address}{path} 不存在：这不是日志的地址，或日志尚未建立")
    return data


def _opened(data: bytes, policy: Policy) -> SignedCheckpoint:
    logs, witnesses = [party.key for party in policy.logs], [party.key for party in policy.witnesses.values()]
    return open_checkpoint(data, logs, witnesses)


def _state_of(address: str) -> Path:
    name = hashlib.sha256(address.encode()).hexdigest()[:16]
    return Path.home() / ".local" / "state" / "midun" / f"{name}.checkpoint"


def _remembered(state: Path, policy: Policy) -> SignedCheckpoint | None:
    return _opened(state.read_bytes(), policy) if state.is_file() else None


def _remember(state: Path, data: bytes) -> None:
    state.parent.mkdir(parents=True, exist_ok=True)
    part = state.with_name(f"{state.name}.part")
    part.write_bytes(data)
    part.replace(state)


def _follow(old: SignedCheckpoint, new: SignedCheckpoint, tree: TiledTree) -> None:
    """The remembered tree is a beginning of the present one."""
    before, now = old.checkpoint, new.checkpoint
    if before.origin != now.origin:
        raise Refused(Reason.ORIGIN_WRONG, f"{before.origin} before, {now.origin} now")
    if before.size > now.size:
        raise Refused(Reason.CONSISTENCY_WRONG, f"{before.size} entries before, {now.size} now")
    proof = consistency_proof(before.size, now.size, tree) if before.size != now.size else []
    verify_consistency(old=before.size, old_root=before.root, new=now.size, new_root=now.root, proof=proof)


class _Rows:
    """The hashes of each level that wait for their tile to be full: at most 256 per level."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self.fetch, self.size = fetch, size
        self.waiting: dict[int, list[bytes]] = {}
        self.number: dict[int, int] = {}

    def take(self, rows: list[list[bytes]]) -> None:
        """Hashes that an extension of the tree completed, by height."""
        for level, row in enumerate(rows[::TILE_HEIGHT]):
            waiting = self.waiting.setdefault(level, [])
            # The first of a row above the leaves may be one that stood there already.
            waiting.extend(row if level == 0 else row[len(row) - self._new(level, row) :])
            while len(waiting) >= TILE_WIDTH:
                self._compare(level, waiting[:TILE_WIDTH])
                del waiting[:TILE_WIDTH]

    def _new(self, level: int, row: list[bytes]) -> int:
        seen = self.number.get(level, 0) * TILE_WIDTH + len(self.waiting[level])
        return (self.leaves >> (TILE_HEIGHT * level)) - seen

    leaves = 0

    def finish(self) -> None:
        """Compare the partial tiles at the right edge."""
        for level, waiting in self.waiting.items():
            if waiting:
                self._compare(level, waiting)

    def _compare(self, level: int, row: list[bytes]) -> None:
        number = self.number.get(level, 0)
        tile = tile_at(level, number, self.size)
        data = self.fetch(tile.path)
        if data is None and tile != tile.full:
            data = self.fetch(tile.full.path)
            data = None if data is None else data[: len(row) * HASH_BYTES]
        if data is None:
            raise Refused(Reason.TILE_MISSING, tile.path)
        if decode_tile(data, len(row)) != row:
            raise Refused(Reason.ROOT_WRONG, f"{tile.path} does not fit the entries")
        self.number[level] = number + 1


def read_all(fetch: Fetch, head: SignedCheckpoint) -> None:
    """Read every entry, hash it, compare every tile and the root; memory does not grow with the log.

    Raises `Refused`.
    """
    size, tree = head.checkpoint.size, Frontier()
    reader, rows = TiledTree(fetch, size), _Rows(fetch, size)
    with Progress(size, "读取记录") as progress:
        for number in range(-(-size // TILE_WIDTH)):
            entries = reader.entries(number)
            for entry in entries:
                try:
                    parse_entry(entry)
                except Refused as refused:
                    where = tile_at(ENTRIES, number, size).path
                    raise Refused(refused.reason, f"{where}: {refused.detail}") from refused
            made = tree.extend([tree.tree.leaf(entry) for entry in entries])
            rows.leaves = tree.size
            rows.take(made)
            progress.reach(tree.size)
    rows.finish()
    if tree.root() != head.checkpoint.root:
        raise Refused(Reason.ROOT_WRONG, f"of {size} entries")


def _say(head: SignedCheckpoint, policy: Policy, old: SignedCheckpoint | None, *, quick: bool) -> None:
    keys = [party.key for party in policy.witnesses.values() if head.signed.get(party.key)]
    names = "、".join(key.name for key in keys) or "无"
    print(f"日志 {head.checkpoint.origin}：{head.checkpoint.size} 条，根 {head.checkpoint.root.hex()}")
    print(f"见证方签名：{names}（{'符合' if policy.satisfied_by(keys) else '未达到'}信任策略）")
    if old is None:
        print("第一次核查：已记住这个检查点，今后据此核对历史。")
    else:
        print(f"与上次记住的检查点（{old.checkpoint.size} 条）一致：历史没有改动。")
    print("只核对了签名与历史。" if quick else "全部记录与树块已重新计算，与检查点相符。")
    sys.stdout.flush()
