"""Reading 附件1 活动安排: from the tables of a file to plan lines, and why a row was not taken.

Pure: tables in, lines and rejections out. The format is described in docs/formats/plan-annex.md.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from midun.lib.sheets import Row, Table, clean, unwrap

MAX_CONTENT = 2000
MAX_UNIT = 60
MAX_CATEGORY = 40
MAX_NUMBER = 99_999

ALIASES = {
    "category": ("类别", "层面", "层级", "分类", "类型", "级别"),
    "unit": (
        "单位", "责任单位", "主办单位", "承办单位", "组织单位", "牵头单位", "报送单位", "实施单位", "单位名称", "部门",
        "责任部门",
    ),
    "number": ("序号", "编号", "序", "号", "项次", "no", "no."),
    "content": (
        "活动安排", "活动内容", "主要活动", "活动", "主要内容", "工作安排", "活动计划", "具体安排", "安排", "内容",
        "具体内容", "活动名称及内容", "工作内容", "主要活动安排",
    ),
}  # fmt: skip
"""What the heads of the four columns are called in practice."""

_HEADS = {alias: column for column, aliases in ALIASES.items() for alias in aliases}
_NOTE = re.compile(r"[(（][^()（）]*[)）]")
_SAME = {"同上", "〃", "″", '"', "“", "”", "〞"}
_NUMBER = re.compile(r"[(（]?0*([0-9]{1,9})[)）]?[.．、。]?")
_TRAILING_ZERO = re.compile(r"([0-9]+)\.0+")
_SECTION = 20


class AnnexError(Exception):
    """There is no 活动安排 table in what was given; `str()` is the sentence for the officer."""


@dataclass(frozen=True)
class AnnexRow:
    """One line of the plan as the annex states it. `row` of the `table`-th plan table is where it stands."""

    row: int
    category: str
    unit: str
    number: int
    content: str
    table: int = 1


@dataclass(frozen=True)
class Rejection:
    """A row that was not taken, and why."""

    row: int
    text: str
    reason: str
    table: int = 1
    unit: str = ""


@dataclass(frozen=True)
class Annex:
    """What a source holds. `notes` are for the officer to know (renumbered, several tables)."""

    rows: tuple[AnnexRow, ...]
    rejected: tuple[Rejection, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Line:
    """A row between reading and checking."""

    table: int
    row: int
    category: str
    unit: str
    number: str
    content: str
    starts_unit: bool
    problem: str = ""
    unnumbered: str = ""


@dataclass
class _Reader:
    """Carries 类别 and 单位 downwards, also over a page break that repeats the head."""

    table: int
    columns: dict[str, int]
    problems: dict[tuple[int, int], str] = field(default_factory=dict)
    category: str = ""
    unit: str = ""
    said: str | None = None

    def line(self, row: Row) -> _Line | Rejection | None:
        cells = [_plain(cell) for cell in row.cells]
        if section := _section(row, cells):
            if len(section) > _SECTION:
                return Rejection(row.number, section[:60], "整行合并成一格，不是一条活动安排", self.table)
            self.category, self.unit, self.said = section, "", None
            return None
        category, unit = self._cell(cells, "category"), self._cell(cells, "unit")
        number, content = self._cell(cells, "number"), self._cell(cells, "content")
        if not (category or unit or number or content):
            return None
        if category and category != self.category:
            self.category, self.unit, self.said = category, "", None
        fresh = bool(unit) and unit != self.said
        if unit:
            self.unit = self.said = unit
        if category and not (unit or number or content):
            return None
        if not number and not content:
            return Rejection(row.number, _shown(cells), "没有活动安排内容", self.table)
        said = {name: self.problems.get((row.number, index), "") for name, index in self.columns.items()}
        unnumbered = said.pop("number", "")
        problem = next((message for message in said.values() if message), "")
        return _Line(self.table, row.number, self.category, self.unit, number, content, fresh, problem, unnumbered)

    def _cell(self, cells: Sequence[str], name: str) -> str:
        index = self.columns.get(name)
        text = cells[index] if index is not None and index < len(cells) else ""
        return "" if name in ("category", "unit") and text in _SAME else text


def read_annex(tables: Sequence[Table]) -> Annex:
    """The plan lines in `tables`. Raises `AnnexError` when no table has the heads 单位 and 活动安排.

    A table without a head that follows one with a head and is as wide continues it. Numbers that begin again with
    each unit are replaced by one count over the whole annex, and a note says so.
    """
    lines: list[_Line] = []
    rejected: list[Rejection] = []
    has_numbers = False
    for reader, rows in _plans(tables):
        has_numbers = has_numbers or "number" in reader.columns
        for row in rows:
            found = reader.line(row)
            if isinstance(found, Rejection):
                rejected.append(found)
            elif found:
                lines.append(found)
    notes: list[str] = []
    if not has_numbers or (lines and not any(line.number for line in lines)):
        notes.append("附件没有序号，已按行的先后编号")
        _count(lines)
    elif _restarts(lines):
        notes.append("各单位的序号分别从 1 起，已按全表先后统一编号")
        _count(lines)
    kept, refused = _checked(lines)
    rejected = sorted([*rejected, *refused], key=lambda r: (r.table, r.row))
    return Annex(tuple(kept), tuple(rejected), tuple(notes))


def _plans(tables: Sequence[Table]) -> Iterator[tuple[_Reader, list[Row]]]:
    last: _Reader | None = None
    count = width = 0
    for table in tables:
        head = next(((i, c) for i, r in enumerate(table.rows) if (c := columns_of(r.cells))), None)
        if head is None and not (last and table.width == width and _continues(table, last.columns)):
            last = None
            continue
        count, width = count + 1, table.width
        columns = head[1] if head else last.columns if last else {}
        reader = _Reader(count, columns, {(p.row, p.column): p.message for p in table.problems})
        if last:
            reader.category, reader.unit, reader.said = last.category, last.unit, last.said
        yield reader, [row for row in table.rows[head[0] + 1 if head else 0 :] if not columns_of(row.cells)]
        last = reader
    if count == 0:
        raise AnnexError("没有找到活动安排表：表头里需要有“单位”和“活动安排”（或“活动内容”）两列，请检查后重新上传")


def columns_of(cells: Sequence[str]) -> dict[str, int]:
    """Which column is which if this row is a head, else nothing."""
    found: dict[str, int] = {}
    for index, cell in enumerate(cells):
        name = _HEADS.get(re.sub(r"[\s:：]", "", _NOTE.sub("", _plain(cell))).lower())
        if name and name not in found:
            found[name] = index
    return found if "unit" in found and "content" in found else {}


def _continues(table: Table, columns: dict[str, int]) -> bool:
    index = columns.get("number")
    if index is None or index >= table.width:
        return False
    return all(parse_number(_plain(row.cells[index])) is not None for row in table.rows)


def _section(row: Row, cells: Sequence[str]) -> str:
    """The text of a row that is one cell across the table, such as a line saying only 市级层面."""
    texts = {cell for cell in cells if cell}
    across = len(cells) > 1 and len(row.merged) >= len(cells) - 1
    return texts.pop() if across and len(texts) == 1 else ""


def parse_number(text: str) -> int | None:
    """序号 as an integer from 1 to 99999; also ３, 3、, (3), 3.0."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if whole := _TRAILING_ZERO.fullmatch(plain):
        plain = whole[1]
    match = _NUMBER.fullmatch(plain)
    value = int(match[1]) if match else 0
    return value if 1 <= value <= MAX_NUMBER else None


def tidy(text: str) -> str:
    """Content as it is kept: one paragraph, no line breaks, no runs of space."""
    return re.sub(r"[ \u00a0]{2,}", " ", unwrap(clean(text)))


def _plain(cell: str) -> str:
    return tidy(cell)


def _count(lines: Sequence[_Line]) -> None:
    for number, line in enumerate(lines, start=1):
        line.number = str(number)


def _restarts(lines: Sequence[_Line]) -> bool:
    """Whether every unit's first line has number 1 and there are several units: numbering within the unit."""
    firsts = [parse_number(line.number) for line in lines if line.starts_unit]
    return len(firsts) > 1 and all(number == 1 for number in firsts)


def _checked(lines: Sequence[_Line]) -> tuple[list[AnnexRow], list[Rejection]]:
    kept: list[AnnexRow] = []
    refused: list[Rejection] = []
    seen: dict[int, str] = {}
    several = any(line.table > 1 for line in lines)
    for line in lines:
        number = parse_number(line.number)
        reason = _fault(line, number, seen)
        if reason or number is None:
            refused.append(Rejection(line.row, line.content[:60], reason, line.table, line.unit[:60]))
            continue
        seen[number] = place(line.table if several else 0, line.row)
        kept.append(AnnexRow(line.row, line.category, line.unit, number, line.content, line.table))
    return kept, refused


def place(table: int, row: int) -> str:
    """Where a row stands, as a person looks for it; `table` 0 when there is only one."""
    return f"第 {table} 个表第 {row} 行" if table else f"第 {row} 行"


def _fault(line: _Line, number: int | None, seen: dict[int, str]) -> str:
    """The first thing wrong with a line, as a sentence; empty when it can be taken."""
    faults = (
        (not line.content, "没有活动安排内容"),
        (len(line.content) > MAX_CONTENT, f"活动安排超过 {MAX_CONTENT} 个字，请精简"),
        (not line.unit, "没有单位：本行及其上方都没有填写单位"),
        (len(line.unit) > MAX_UNIT, f"单位名称超过 {MAX_UNIT} 个字"),
        (len(line.category) > MAX_CATEGORY, f"类别超过 {MAX_CATEGORY} 个字"),
        (line.problem, line.problem),
        (not line.number, line.unnumbered or "没有序号"),
        (number is None, f"序号“{line.number[:20]}”不是 1 到 {MAX_NUMBER} 的整数"),
        (number in seen, f"序号 {number} 与{seen.get(number or 0)}重复"),
    )
    return next((reason for wrong, reason in faults if wrong), "")


def _shown(cells: Sequence[str]) -> str:
    return "｜".join(cell for cell in cells if cell)[:60]
