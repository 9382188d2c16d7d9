"""The roll-up: 17 figures of the nation, a province and a district, beside SQL written by hand."""

from contextlib import AbstractContextManager
from typing import Any

from bench.places import Place, postgresql, sqlite
from bench.table import Report, Table, count, ratio, seconds
from tools.postgresql import find_postgresql

TITLE = "汇总：全国、一省、一区县的 17 个数"
SCOPES = {"nation": "全国", "province": "一省", "district": "一区县"}
STEPS = (0.01, 0.1, 1.0)
_SHARE_OF_SQLITE = 0.1
_UNITS = 3000
_VISIBLE = 0.1


def run(*, size: float, database: str, rounds: int) -> Report:
    """Measure at `size` (1 is ten million participations on PostgreSQL, a tenth of that on SQLite) and below."""
    tables: list[Table] = []
    if database in ("both", "postgresql") and find_postgresql():
        tables += _at(postgresql, "PostgreSQL", size, _UNITS, rounds)
    if database in ("both", "sqlite"):
        tables += _at(sqlite, "SQLite", size * _SHARE_OF_SQLITE, round(_UNITS * _SHARE_OF_SQLITE), rounds)
    return Report("rollup", TITLE, tables)


def _at(place: Any, name: str, size: float, units: int, rounds: int) -> list[Table]:
    steps = [size * step for step in STEPS]
    measured = [_measure(place, share, units, rounds, last=share == steps[-1]) for share in steps]
    full = measured[-1]
    rows = full["prepared"]["rows"]
    title = (
        f"{name}：{count(rows['Participation'])} 条参会记录，{count(rows['Activity'])} 场活动，{count(units)} 个单位"
    )
    return [_summary(title, full), _growth(name, measured), _pages(name, full), _figures(name, full)]


def _measure(place: Any, share: float, units: int, rounds: int, *, last: bool) -> dict[str, Any]:
    opened: AbstractContextManager[Place] = place()
    with opened as where:
        prepared = where.run("rollup.prepare", share=share, units=units)
        found = where.run("rollup.measure", rounds=rounds)
        acts = where.run("rollup.acts", number=200) if last else {}
    return {"prepared": prepared, "found": found, "acts": acts}


def _total(found: dict[str, Any], scope: str, way: str) -> float:
    return float(sum(row[way] for row in found["scopes"][scope]))


def _summary(title: str, full: dict[str, Any]) -> Table:
    found, prepared, acts = full["found"], full["prepared"], full["acts"]
    rows = []
    for scope, name in SCOPES.items():
        product, records, hand = (_total(found, scope, way) for way in ("product", "records", "hand"))
        rows.append([name, *map(seconds, (product, records, hand)), ratio(product / hand), ratio(records / hand)])
    note = (
        f"统计进程内存峰值 {found['memory']:.0f} MB（统计前 {found['memory_before']:.0f} MB）。"
        f"计数 {count(prepared['counts'])} 条，全部重新计数用时 {seconds(prepared['recount_seconds'])}。"
        f"扫码签到一次 {acts['following']:.1f} 毫秒，其中随之更新计数 {_little(acts['following'] - acts['alone'])}。"
    )
    return Table(title, ["范围", "产品", "记录重算", "手写 SQL", "产品／手写", "重算／手写"], rows, note)


def _little(milliseconds: float) -> str:
    return f"{milliseconds:.1f} 毫秒" if milliseconds >= _VISIBLE else f"不到 {_VISIBLE} 毫秒"


def _growth(name: str, measured: list[dict[str, Any]]) -> Table:
    rows = []
    for one in measured:
        people = count(one["prepared"]["rows"]["Participation"])
        product = [seconds(_total(one["found"], scope, "product")) for scope in SCOPES]
        by_hand = seconds(_total(one["found"], "nation", "hand"))
        rows.append([people, *product, seconds(one["found"]["pages"][0]["seconds"]), by_hand])
    heads = ["参会记录", *SCOPES.values(), "打开全国统计表", "全国，手写 SQL"]
    return Table(f"{name}：随记录数增长（17 个数合计）", heads, rows)


def _pages(name: str, full: dict[str, Any]) -> Table:
    rows = [[p["page"], seconds(p["seconds"]), count(p["queries"])] for p in full["found"]["pages"]]
    return Table(f"{name}：页面", ["页面", "用时", "查询数"], rows)


def _figures(name: str, full: dict[str, Any]) -> Table:
    rows = [
        [f"`{row['figure']}`", count(row["value"]), *(seconds(row[way]) for way in ("product", "records", "hand"))]
        for row in full["found"]["scopes"]["nation"]
    ]
    return Table(f"{name}：全国逐个指标", ["指标", "数", "产品", "记录重算", "手写 SQL"], rows)
