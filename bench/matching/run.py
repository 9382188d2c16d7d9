"""Run the systems over the levels, set thresholds on unrelated queries, tabulate."""

import json
import math
import random
import resource
from collections.abc import Callable
from pathlib import Path

from bench.matching.data import Item, Split, as_csv, customers, splits
from bench.matching.levels import CODE, TEXT, Level, Query, table_levels
from bench.matching.systems import PEERS, Absent, Ours, Peer, System, prepare_peers
from bench.table import Report, Table
from midun.lib.similarity import calibration

KINDS = {"zh": "中文", "en": "英文", "code": "源代码", "table": "客户表"}
FAMILY = {"zh": "text", "en": "text", "code": "code", "table": "table"}
FALSE_POSITIVES = 0.001
CACHE = Path.home() / ".cache" / "midun-bench"
SEED = 20260601
SLOW = {"rapidfuzz": 5}
FLOOR = 1.0
"""No lower threshold is shipped: by its correction for size a score of 0 bits is what chance gives once per query."""


def _queries(split: Split, levels: dict[str, Level], per_level: int) -> dict[str, list[tuple[str, Query]]]:
    host = "\n".join(item.text for item in split.unrelated[:60])
    out: dict[str, list[tuple[str, Query]]] = {}
    for name, level in levels.items():
        pick, made = random.Random(f"{SEED} {name}"), []
        for item in pick.sample(split.protected, len(split.protected)):
            query = level(item, pick, host) if len(made) < per_level else None
            if query is not None:
                made.append((item.name, query))
        out[name] = made
    return out


def _table_split(seed: int, size: int) -> tuple[list[Item], list[str], dict[str, list[tuple[str, Query]]]]:
    tables = [customers(seed * 1000 + n, 120) for n in range(size)]
    other = [customers(seed * 1000 + 500_000 + n, 60) for n in range(size * 8)]
    levels: dict[str, list[tuple[str, Query]]] = {}
    for n, rows in enumerate(tables[:40]):
        for name, text in table_levels(rows, other[n], random.Random(n)).items():
            levels.setdefault(name, []).append((f"t{n}", Query(text)))
    return [Item(f"t{n}", as_csv(rows)) for n, rows in enumerate(tables)], [as_csv(r) for r in other], levels


def _spans(found: list[tuple[int, int]], true: tuple[int, int]) -> tuple[int, int, int]:
    """(characters found inside the copied stretch, found at all, length of the stretch), each character once."""
    inside = total = 0
    end = -1
    for begin, finish in sorted(found):
        begin = max(begin, end)  # noqa: PLW2901  # what was counted is not counted again
        if finish > begin:
            total += finish - begin
            inside += max(0, min(finish, true[1]) - max(begin, true[0]))
            end = finish
    return inside, total, true[1] - true[0]


class Measured:
    """One system over one split. A slow peer sees every `share`-th unrelated document and query."""

    def __init__(self, items: list[Item], unrelated: list[str], share: int = 1) -> None:
        self.items, self.unrelated, self.share = items, unrelated[::share], share
        self.size = sum(len(i.text.encode()) for i in items)

    def run(self, make: Callable[[], System], queries: dict[str, list[tuple[str, Query]]]) -> None:
        """Index, threshold, recall, spans, speed."""
        warm = make()
        warm.index(self.items[:2])
        warm.query(self.items[0].text)
        warm.close()
        self.system = make()
        start = self.system.spent
        self.system.index(self.items)
        self.index_speed = self.size / 1e6 / max(1e-9, self.system.spent - start)
        start = self.system.spent
        self.null = sorted(
            (max((s for _, s, _ in self.system.query(text)), default=-math.inf) for text in self.unrelated),
            reverse=True,
        )
        seconds = self.system.spent - start
        self.query_speed = sum(len(t.encode()) for t in self.unrelated) / 1e6 / max(1e-9, seconds)
        self.threshold = self.null[min(len(self.null) - 1, int(FALSE_POSITIVES * len(self.null)))]
        self._recall({level: pairs[:: self.share] for level, pairs in queries.items()})
        self.system.close()

    def _recall(self, queries: dict[str, list[tuple[str, Query]]]) -> None:
        self.found: dict[str, list[float]] = {}
        inside = total = length = 0
        for level, pairs in queries.items():
            scores = self.found.setdefault(level, [])
            for name, query in pairs:
                answer = self.system.query(query.text)
                best = max((score for _, score, _ in answer), default=-math.inf)
                # Two protected documents may share the very passage: the source is found when none scores higher.
                spans = next((found for n, score, found in answer if n == name and score == best), None)
                scores.append(-math.inf if spans is None else best)
                if spans and best > self.threshold and query.span:
                    counted = _spans(spans, query.span)
                    inside, total, length = (a + b for a, b in zip((inside, total, length), counted, strict=True))
        self.precision = inside / total if total else 0.0
        self.span_recall = inside / length if length else 0.0
        self.recall = {level: _share(scores, self.threshold) for level, scores in self.found.items() if scores}
        self.macro = sum(self.recall.values()) / len(self.recall)

    def at(self, threshold: float) -> tuple[float, int]:
        """(mean recall, false alarms) with another threshold, which a score must reach."""
        below = math.nextafter(threshold, -math.inf)
        levels = [_share(scores, below) for scores in self.found.values() if scores]
        return sum(levels) / len(levels), sum(score >= threshold for score in self.null)


def _share(scores: list[float], threshold: float) -> float:
    return sum(score > threshold for score in scores) / len(scores)


def _systems(kind: str, names: list[str]) -> tuple[dict[str, Callable[[], System]], list[str]]:
    made: dict[str, Callable[[], System]] = {"秘盾": lambda: Ours(kind)}
    absent = []
    for name in names:
        try:
            Peer(name, kind).close()
        except Absent:
            if name != "dolos" or kind == "code":
                absent.append(name)
            continue
        made[name] = lambda name=name: Peer(name, kind)
    return made, absent


def measure(
    kind: str, part: str, *, size: float, peers: list[str], cache: Path
) -> tuple[dict[str, Measured], list[str]]:
    """All systems on the split `part` (development or report) of a kind."""
    count = max(10, int(120 * size))
    if kind == "table":
        items, unrelated, queries = _table_split(1 if part == "development" else 2, count)
    else:
        split = splits(cache, kind, count, max(40, int(1000 * size)))[part]
        queries = _queries(split, CODE if kind == "code" else TEXT, max(5, int(40 * min(1.0, size))))
        items, unrelated = split.protected, [i.text for i in split.unrelated]
    systems, absent = _systems(kind, peers)
    out = {}
    for name, make in systems.items():
        measured = Measured(items, unrelated, SLOW.get(name, 1))
        measured.run(make, queries)
        out[name] = measured
        print(f"{kind} {part} {name}: {measured.macro:.3f} {measured.recall}", flush=True)
    return out, absent


def _tables(kind: str, found: dict[str, Measured], absent: list[str]) -> list[Table]:
    first = next(iter(found.values()))
    note = f"受保护 {len(first.items)} 份，无关 {len(first.unrelated)} 份（同领域），阈值取误报率不超过 0.1% 处。" + (
        f"本机没有安装、未测：{'、'.join(absent)}。" if absent else ""
    )
    note += "".join(f"{name} 太慢，每 {m.share} 例测一例。" for name, m in found.items() if m.share > 1)
    shipped = calibration.threshold(FAMILY[kind])
    recall, alarms = first.at(shipped)
    note += (
        f"秘盾按出厂阈值（{shipped:.0f} 比特）：各层平均 {recall:.3f}，无关 {len(first.null)} 份中误报 {alarms} 份。"
    )
    heads = ["层次", *found]
    rows = [[level, *(f"{m.recall[level]:.2f}" for m in found.values())] for level in first.recall]
    rows += [
        ["各层平均", *(f"{m.macro:.3f}" for m in found.values())],
        ["位置准确率／召回率／F1", *map(_placed, found.values())],
        ["建索引 MB/s", *(_speed(m.index_speed) for m in found.values())],
        ["查询 MB/s", *(_speed(m.query_speed) for m in found.values())],
    ]
    return [Table(f"{KINDS[kind]}（报告集）", heads, rows, note)]


def _speed(value: float) -> str:
    return f"{value:.2g}" if value < 1 else f"{value:.1f}"


def _placed(m: Measured) -> str:
    if not m.precision:
        return "—"
    harmonic = 2 * m.precision * m.span_recall / (m.precision + m.span_recall)
    return f"{m.precision:.3f}／{m.span_recall:.3f}／{harmonic:.3f}"


def calibrate(found: dict[str, dict[str, Measured]], target: Path) -> None:
    """Write the highest scores of unrelated material, both splits and kinds of a family together."""
    families: dict[str, dict[str, list[float]]] = {}
    for family in ("text", "code", "table"):
        null = sorted(
            (s for k, m in found.items() if FAMILY[k.split()[0]] == family for s in m["秘盾"].null), reverse=True
        )
        known = [round(s, 1) for s in null if s > 0][:200]
        reached = null[int(FALSE_POSITIVES * len(null))] if null else 20.0
        threshold = max(FLOOR, float(math.ceil(max(FLOOR - 1, reached) + 1)))
        families[family] = {"threshold": [threshold], "trials": [len(null)], "highest": known}
    target.write_text(
        json.dumps({"measured": "bench matching", "families": families}, indent=1) + "\n", encoding="utf-8"
    )


def run(
    *, size: float, cache: Path = CACHE, peers: list[str] | None = None, calibration_file: Path | None = None
) -> Report:
    """Measure everything; with `calibration_file` write the calibration of the library anew."""
    found: dict[str, dict[str, Measured]] = {}
    absent = {}
    if peers is None:
        prepare_peers()
    for kind in KINDS:
        found[f"{kind} development"], _ = measure(kind, "development", size=size, peers=[], cache=cache)
        chosen = list(PEERS) if peers is None else peers
        found[f"{kind} report"], absent[kind] = measure(kind, "report", size=size, peers=chosen, cache=cache)
    if calibration_file:
        calibrate(found, calibration_file)
        calibration._table.cache_clear()  # noqa: SLF001  # the file has just changed
    tables = [table for kind in KINDS for table in _tables(kind, found[f"{kind} report"], absent[kind])]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tables.append(Table("内存", ["项", "MB"], [["整个基准进程峰值（含对照与材料）", f"{memory:.0f}"]]))
    return Report("matching", "同一性比对", tables)
