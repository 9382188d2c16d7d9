"""Tables in pasted text: from Excel, Word, WPS, a web page or a government notice."""

import csv
import re
from dataclasses import dataclass, field
from io import StringIO
from typing import Literal

from midun.lib.sheets.delimited import restore
from midun.lib.sheets.model import DEFAULT_LIMITS, Limits, SheetError, Table, TableBuilder
from midun.lib.sheets.text import clean

_RULE = re.compile(r"[\s|｜:+\-—─=]+")
_GAP = re.compile(r"[ \u00a0]{2,}|[ \u00a0]*\u3000+[ \u00a0]*")
_ANNEX = re.compile(r"附\s*[件表]")
_TITLE_LENGTH = 60
# One line proves nothing about how a table is laid out.
_FEWEST_LINES = 2


def read_text(text: str, *, limits: Limits = DEFAULT_LIMITS) -> list[Table]:
    """Tables found in pasted text; the separator is detected.

    Tried in this order: every cell on its own line that begins with a tab (as copied from the
    pages of notices; several tables may follow each other, and the heading before a table names
    it), tabs between cells (Excel, Word, WPS), vertical bars, wide gaps.
    Raises `SheetError` when there is nothing to read or too much of it.
    """
    if len(text) > limits.max_bytes:
        raise SheetError("粘贴的内容太多，请改为上传文件。")
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if is_cell_per_line(text):
        tables = _cell_per_line(text, limits)
    elif "\t" in text:
        tables = [_tabbed(text, limits)]
    else:
        tables = [_ruled(text, limits)]
    tables = [table for table in tables if table.rows]
    if not tables:
        raise SheetError("没有找到表格内容，请从 Excel、Word 或 WPS 中选中表格后复制、粘贴。")
    return tables


def is_cell_per_line(text: str) -> bool:
    """Whether nearly all lines with a tab have exactly one, at their beginning."""
    tabbed = [line.rstrip("\r") for line in text.split("\n") if "\t" in line]
    single = sum(line.startswith("\t") and "\t" not in line[1:] for line in tabbed)
    return single >= _FEWEST_LINES and single * 10 >= len(tabbed) * 9


def _tabbed(text: str, limits: Limits) -> Table:
    try:
        return _tab_records(text, limits, quoted=True)
    except csv.Error:
        # A quotation mark that opens a cell but never closes is only a quotation mark.
        pass
    try:
        return _tab_records(text, limits, quoted=False)
    except csv.Error as error:
        raise SheetError("粘贴的内容中有过长的单元格，请缩短后再粘贴。") from error


def _tab_records(text: str, limits: Limits, *, quoted: bool) -> Table:
    table = TableBuilder(limits)
    source = StringIO(text, newline="")
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(source, delimiter="\t", quoting=quoting, strict=True)
    for number, record in enumerate(reader, start=1):
        _add(table, number, record)
    return table.build("粘贴的表格")


def _ruled(text: str, limits: Limits) -> Table:
    table = TableBuilder(limits)
    text = text.replace("｜", "|")
    barred = sum("|" in line for line in text.split("\n")) >= _FEWEST_LINES
    for number, line in enumerate(text.split("\n"), start=1):
        content = line.strip()
        if not content or _RULE.fullmatch(content):
            continue
        if barred and "|" in content:
            _add(table, number, content.removeprefix("|").removesuffix("|").split("|"))
        else:
            _add(table, number, [content] if barred else _GAP.split(content))
    return table.build("粘贴的表格")


def _add(table: TableBuilder, number: int, record: list[str]) -> None:
    cells = {column: table.check_cell(restore(clean(raw)), number) for column, raw in enumerate(record) if raw}
    table.add(number, cells)


@dataclass
class _Chunk:
    """Lines between blank lines: text first, then cells (each a list of its lines)."""

    gap: int
    text: list[str] = field(default_factory=list)
    cells: list[list[str]] = field(default_factory=list)

    @property
    def continues(self) -> bool:
        """A cell's next paragraph follows after exactly one blank line."""
        return self.gap == 1 and not (self.text and _ANNEX.match(self.text[0]))


def _chunks(text: str) -> list[_Chunk]:
    found: list[_Chunk] = []
    gap = 0
    for line in text.split("\n"):
        if not line.startswith("\t") and not line.strip():
            gap += 1
            continue
        if gap or not found or (found[-1].cells and _ANNEX.match(line)):
            found.append(_Chunk(gap))
            gap = 0
        chunk = found[-1]
        if line.startswith("\t"):
            chunk.cells.append([line[1:]])
        elif chunk.cells:
            chunk.cells[-1].append(line)
        else:
            chunk.text.append(line)
    return found


class _CellLines:
    """Puts rows together from chunks; the first row of a table tells its width."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.tables: list[Table] = []
        self._headings: list[str] = []
        self._rows: list[list[list[str]]] = []

    @property
    def _missing(self) -> int:
        """How many cells the open row lacks; the first row of a table may always grow."""
        if len(self._rows) == 1:
            return self.limits.max_columns - len(self._rows[0])
        return len(self._rows[0]) - len(self._rows[-1]) if self._rows else 0

    def take(self, chunk: _Chunk, following: list[_Chunk]) -> None:
        if not chunk.cells:
            if self._rows and self._belongs_to_last_cell(chunk, following):
                self._rows[-1][-1].extend(chunk.text)
            else:
                self.close()
                self._headings.extend(chunk.text)
        elif chunk.text:
            if self._rows and chunk.continues and len(chunk.cells) <= self._missing:
                self._rows[-1][-1].extend(chunk.text)
                self._rows[-1].extend(chunk.cells)
            else:
                self.close()
                self._headings.extend(chunk.text)
                self._rows.append(chunk.cells)
        elif len(self._rows) > 1 and len(chunk.cells) == self._missing:
            self._rows[-1].extend(chunk.cells)
        else:
            self._rows.append(chunk.cells)

    def _belongs_to_last_cell(self, chunk: _Chunk, following: list[_Chunk]) -> bool:
        if not chunk.continues:
            return False
        if len(self._rows) > 1 and self._missing > 0:
            return True
        for later in following:
            if not later.continues:
                return False
            if later.cells:
                return not later.text and len(later.cells) == len(self._rows[0])
        return False

    def close(self) -> None:
        if not self._rows:
            return
        table = TableBuilder(self.limits)
        for number, row in enumerate(self._rows, start=1):
            _add(table, number, ["\n".join(p for p in cell if p.strip()) for cell in row])
        self.tables.append(table.build(self._title()))
        self._rows = []
        self._headings = []

    def _title(self) -> str:
        lines = [clean(line) for line in self._headings]
        annexes = [index for index, line in enumerate(lines) if _ANNEX.match(line)]
        chosen = lines[annexes[-1] :] if annexes else lines[-1:]
        return " ".join(chosen)[:_TITLE_LENGTH] or f"表{len(self.tables) + 1}"


def _cell_per_line(text: str, limits: Limits) -> list[Table]:
    chunks = _chunks(text)
    reader = _CellLines(limits)
    for index, chunk in enumerate(chunks):
        reader.take(chunk, chunks[index + 1 : index + 20])
    reader.close()
    return reader.tables
