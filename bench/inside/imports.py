"""The import of a table of enterprises, step by step, and what only reading the file costs."""

from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import openpyxl
from python_calamine import CalamineWorkbook

from bench.inside.country import AT, person, plot_tree
from bench.inside.memory import peak
from bench.inside.rollup import ACTOR, NotEqual
from midun.directory.enterprise_table import COLUMNS
from midun.directory.services import enterprise_import as imports
from midun.kernel.orgs import services as orgs
from midun.kernel.orgs import uscc
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Organisation
from midun.lib.sheets import Column, Sheet, write_xlsx

_UNITS = 60


def make(*, folder: str, rows: int, files: int) -> list[str]:
    """Write workbooks of different enterprises with right credit codes, every column filled; returns their paths."""
    made = []
    for number in range(files):
        sheet = Sheet("企业名录", [Column(c.title) for c in COLUMNS], [_row(number * rows + n) for n in range(rows)])
        path = Path(folder) / f"enterprises-{number}.xlsx"
        path.write_bytes(write_xlsx([sheet], at=AT))
        made.append(str(path))
    return made


def _row(n: int) -> list[str]:
    kinds = ("精密仪器", "生物医药", "智能装备", "新材料", "信息技术")
    return [
        f"星河第{n}号{kinds[n % 5]}有限公司",
        code_of(n),
        f"第{n % (_UNITS // 2) + 1}区",
        "34 通用设备制造业",
        ("大型", "中型", "小型", "微型")[n % 4],
        "张江科学城",
        f"创新路 {n} 号",
        "王五",
        f"138{n:08d}",
        "是" if n % 10 == 0 else "否",
    ]


def code_of(number: int) -> str:
    """A credit code with right check digits."""
    nine = f"MA{number:06d}"
    seventeen = f"91310000{nine}{uscc.organisation_check(nine)}"
    return seventeen + uscc.check(seventeen)


def measure(*, files: list[str]) -> dict[str, Any]:
    """Read, preview, enter; then the same file again, which must change nothing. The median of the files.

    Raises `NotEqual`.
    """
    plot_tree(_UNITS)
    nation = Organisation.objects.unscoped("bench").get(pk=1)
    actor = orgs.grant(user=person("officer"), organisation=nation, role=Role.OFFICER, actor=ACTOR, at=AT).actor()
    before = peak()
    taken = [_enter(Path(file), actor) for file in files]
    steps = {name: median(one[name] for one in taken) for name in ("read", "preview", "enter", "again")}
    return {"rows": taken[0]["rows"], "before": before, "memory": peak(), **steps}


def _enter(file: Path, actor: Actor) -> dict[str, float]:
    times = [perf_counter()]
    source = imports.read_source(file.read_bytes(), name=file.name)
    times.append(perf_counter())
    pending = imports.open_import(source=source, actor=actor, at=AT)
    shown = imports.plan(source, actor)
    times.append(perf_counter())
    done = imports.confirm(pending=pending, fingerprint=shown.fingerprint, actor=actor, at=AT)
    times.append(perf_counter())
    again = imports.enter(source=imports.read_source(file.read_bytes(), name=file.name), actor=actor, at=AT)
    times.append(perf_counter())
    if (done.new, again.same) != (len(shown.rows), len(shown.rows)):
        raise NotEqual(f"entered {done}, then {again}, of {len(shown.rows)} rows")
    seconds = [end - start for start, end in pairwise(times)]
    return {"rows": done.new, **dict(zip(("read", "preview", "enter", "again"), seconds, strict=True))}


def floor(*, files: list[str], reader: str) -> dict[str, Any]:
    """Only read the cells, with one of two readers. The median of the files."""
    before = peak()
    taken = [_read(file, reader) for file in files]
    cells, seconds = taken[0][0], median(took for _, took in taken)
    return {"cells": cells, "seconds": seconds, "before": before, "memory": peak()}


def _read(file: str, reader: str) -> tuple[int, float]:
    start = perf_counter()
    if reader == "calamine":
        cells = sum(map(len, CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()))
    else:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        cells = sum(map(len, book.worksheets[0].iter_rows(values_only=True)))
        book.close()
    return cells, perf_counter() - start
