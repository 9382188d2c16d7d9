"""Run the systems over the levels, set thresholds on unrelated queries, tabulate."""

import json
import math
import random
import resource
import time
from collections.abc import Callable
from pathlib import Path

from bench.matching.data import Item, Split, as_csv, customers, splits
from bench.matching.levels import CODE, TEXT, Level, Query, table_levels
from bench.matching.systems import PEERS, Ours, System
from bench.table import Report, Table
from midun.lib.similarity import calibration

KINDS = {"zh": "中文", "en": "英文", "code": "源代码", "table": "客户表"}
FAMILY = {"zh": "text", "en": "text", "code": "code", "table": "table"}
FALSE_POSITIVES = 0.001
CACHE = Path.home() / ".cache" / "midun-bench"
SEED = 20260601


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
    """One system over one split."""

    def __init__(self, items: list[Item], unrelated: list[str]) -> None:
        self.items, self.unrelated = items, unrelated
        self.size = sum(len(i.text.encode()) for i in items)

    def run(self, make: Callable[[], System], queries: dict[str, list[tuple[str, Query]]]) -> None:
        """Index, threshold, recall, spans, speed."""
        warm = make()
        warm.index(self.items[:2])
        warm.query(self.items[0].text)
        self.system = make()
        start = time.process_time()
        self.system.index(self.items)
        self.index_speed = self.size / 1e6 / max(1e-9, time.process_time() - start)
        start = time.process_time()
        self.null = sorted(
            (max((s for _, s, _ in self.system.query(text)), default=-math.inf) for text in self.unrelated),
            reverse=True,
        )
        seconds = time.process_time() - start
        self.query_speed = sum(len(t.encode()) for t in self.unrelated) / 1e6 / max(1e-9, seconds)
        self.threshold = self.null[min(len(self.null) - 1, int(FALSE_POSITIVES * len(self.null)))]
        self.recall: dict[str, float] = {}
        inside = total = length = 0
        for level, pairs in queries.items():
            good = 0
            for name, query in pairs:
                answer = self.system.query(query.text)
                best = max(answer, key=lambda a: a[1], default=None)
                if best and best[0] == name and best[1] > self.threshold:
                    good += 1
                    if query.span and best[2]:
                        counted = _spans(best[2], query.span)
                        inside, total, length = (a + b for a, b in zip((inside, total, length), counted, strict=True))
            if pairs:
                self.recall[level] = good / len(pairs)
        self.macro = sum(self.recall.values()) / len(self.recall)
        self.precision = inside / total if total else 0.0
        self.span_recall = inside / length if length else 0.0


def _systems(kind: str, names: list[str]) -> tuple[dict[str, Callable[[], System]], list[str]]:
    made: dict[str, Callable[[], System]] = {"秘盾": lambda: Ours(kind)}
    absent = []
    for name in names:
        try:
            PEERS[name](kind)
        except ImportError:
            absent.append(name)
            continue
        made[name] = lambda name=name: PEERS[name](kind)
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
        measured = Measured(items, unrelated)
        measured.run(make, queries)
        out[name] = measured
        print(f"{kind} {part} {name}: {measured.macro:.3f} {measured.recall}", flush=True)
    return out, absent


def _tables(kind: str, found: dict[str, Measured], absent: list[str]) -> list[Table]:
    first = next(iter(found.values()))
    note = f"受保护 {len(first.items)} 份，无关 {len(first.unrelated)} 份（同领域），阈值取误报率不超过 0.1% 处。" + (
        f"本机没有安装、未测：{'、'.join(absent)}。" if absent else ""
    )
    heads = ["层次", *found]
    rows = [[level, *(f"{m.recall[level]:.2f}" for m in found.values())] for level in first.recall]
    rows += [
        ["各层平均", *(f"{m.macro:.3f}" for m in found.values())],
        [
            "位置准确率／召回率",
            *(f"{m.precision:.3f}／{m.span_recall:.3f}" if m.precision else "—" for m in found.values()),
        ],
        ["建索引 MB/s", *(f"{m.index_speed:.1f}" for m in found.values())],
        ["查询 MB/s", *(f"{m.query_speed:.1f}" for m in found.values())],
    ]
    return [Table(f"{KINDS[kind]}（报告集）", heads, rows, note)]


def calibrate(found: dict[str, dict[str, Measured]], target: Path) -> None:
    """Write the highest scores of unrelated material, both splits and kinds of a family together."""
    families: dict[str, dict[str, list[float]]] = {}
    for family in ("text", "code", "table"):
        null = sorted(
            (s for k, m in found.items() if FAMILY[k.split()[0]] == family for s in m["秘盾"].null), reverse=True
        )
        known = [round(s, 1) for s in null if s > 0][:200]
        reached = max(0.0, null[int(FALSE_POSITIVES * len(null))]) if null else 20.0
        threshold = max(8.0, math.ceil(reached + 1))
        families[family] = {"threshold": [threshold], "trials": [len(null)], "highest": known}
    target.write_text(
        json.dumps({"measured": "bench matching", "families": families}, indent=1) + "\n", encoding="utf-8"
    )


def run(
    *, size: float, cache: Path = CACHE, peers: list[str] | None = None, calibration_file: Path | None = None
) -> Report:
    """Measure everything; with `calibration_file` write the calibration of the library anew."""
    tables, nulls = [], {}
    for kind in KINDS:
        development, _ = measure(kind, "development", size=size, peers=[], cache=cache)
        found, absent = measure(kind, "report", size=size, peers=list(PEERS) if peers is None else peers, cache=cache)
        nulls[f"{kind} development"], nulls[f"{kind} report"] = development, found
        tables += _tables(kind, found, absent)
        print(f"{kind}: development {development['秘盾'].macro:.3f}", flush=True)
    if calibration_file:
        calibrate(nulls, calibration_file)
        calibration._table.cache_clear()  # noqa: SLF001  # the file has just changed
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tables.append(Table("内存", ["项", "MB"], [["整个基准进程峰值（含对照与材料）", f"{memory:.0f}"]]))
    return Report("matching", "同一性比对", tables)
