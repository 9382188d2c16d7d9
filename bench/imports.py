"""The import of a big table of enterprises, beside what only reading the file costs."""

from pathlib import Path
from typing import Any

from bench.places import Place, postgresql, sqlite
from bench.table import Report, Table, count, ratio, seconds
from tools.postgresql import find_postgresql

TITLE = "导入：一万行企业名录（Excel）"
_ROWS = 10_000
_FILES = 3
_READERS = ("calamine", "openpyxl")


def run(*, size: float, database: str) -> Report:
    """Import `size` times ten thousand rows."""
    tables = []
    if database in ("both", "postgresql") and find_postgresql():
        tables.append(_at(postgresql, "PostgreSQL", size))
    if database in ("both", "sqlite"):
        tables.append(_at(sqlite, "SQLite", size))
    return Report("imports", TITLE, tables)


def _at(place: Any, name: str, size: float) -> Table:
    with place() as where:
        return _table(where, name, int(_ROWS * size))


def _table(where: Place, name: str, rows: int) -> Table:
    files = where.run("imports.make", folder=str(where.home), rows=rows, files=_FILES)
    floors = {reader: where.run("imports.floor", files=files, reader=reader) for reader in _READERS}
    found = where.run("imports.measure", files=files)
    bytes_ = Path(files[0]).stat().st_size
    whole = found["read"] + found["preview"] + found["enter"]
    least = floors["openpyxl"]["seconds"]
    lines = [
        ("读取与校验文件", found["read"], _grown(found)),
        ("预览（逐行核对，与名录比较）", found["preview"], ""),
        ("确认导入（写入并逐条留痕）", found["enter"], ""),
        ("合计", whole, _grown(found)),
        ("同一文件再次导入（无变化）", found["again"], ""),
        *((f"只读单元格：{reader}", one["seconds"], _grown(one)) for reader, one in floors.items()),
    ]
    shown = [[label, seconds(took), ratio(took / least), memory] for label, took, memory in lines]
    title = f"{name}：{count(found['rows'])} 行，文件 {bytes_ / 1024:.0f} KB"
    return Table(title, ["步骤", "用时", "比 openpyxl 只读", "进程内存峰值"], shown)


def _grown(found: dict[str, Any]) -> str:
    return f"{found['memory']:.0f} MB（开始前 {found['before']:.0f} MB）"
