"""Reading the tables of a .docx as a stream of XML events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from midun.lib.sheets.model import Limits, Problem, SheetError, Table, TableBuilder
from midun.lib.sheets.package import Package
from midun.lib.sheets.text import clean

_NAMESPACES = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_VALUES = tuple(f"{space} val" for space in _NAMESPACES)
_NUMBERED = "此处是 Word 自动编号，读不到数字；请改为直接输入编号。"
_TITLE_LENGTH = 60
_MAX_TABLES = 500
_T = TypeVar("_T")
_OnOpen = dict[str, Callable[[dict[str, str]], None]]
_OnClose = dict[str, Callable[[], None]]


def read_docx(package: Package, limits: Limits) -> list[Table]:
    """All tables that hold something, each named by the paragraph before it."""
    main = next(
        (link.target for link in package.relations("").values() if link.kind == "officeDocument"),
        "word/document.xml",
    )
    reader = _DocumentReader(limits)
    reader.read(package, main)
    return [table for table in reader.tables if table.rows]


@dataclass
class _OpenTable:
    """What is known of a table while its rows go by; columns are grid columns."""

    name: str
    builder: TableBuilder
    position: int
    row: int = 0
    column: int = 0
    cells: dict[int, str] = field(default_factory=dict)
    covered: set[int] = field(default_factory=set)
    above: dict[int, str] = field(default_factory=dict)
    in_row_properties: bool = False
    deleted: bool = False
    span: int = 1
    continues: bool = False
    numbered: bool = False
    paragraphs: list[str] = field(default_factory=list)

    def begin_row(self) -> None:
        self.row += 1
        self.column = 0
        self.cells = {}
        self.covered = set()
        self.deleted = False

    def begin_cell(self) -> None:
        self.span = 1
        self.continues = False
        self.numbered = False
        self.paragraphs = []

    def end_cell(self) -> None:
        text = self.builder.check_cell(clean("\n".join(self.paragraphs)), self.row)
        columns = range(self.column, self.column + self.span)
        self.builder.widen(columns.stop)
        if self.continues and self.row > 1:
            text = self.above.get(self.column, "")
            self.covered.update(columns)
        else:
            self.covered.update(columns[1:])
            if self.numbered and not text:
                self.builder.problems.append(Problem(self.row, self.column, _NUMBERED))
        if text:
            self.cells.update(dict.fromkeys(columns, text))
        self.column = columns.stop
        self.paragraphs = []

    def end_row(self) -> None:
        # Without this a file of endless empty rows could pile up complaints.
        if self.row > self.builder.limits.max_rows:
            raise SheetError("表格的行数太多，请删去空行或拆成几个文件后再上传。")
        if not self.deleted:
            self.builder.add(self.row, self.cells, self.covered)
            self.above = self.cells


class _DocumentReader:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._done: list[tuple[int, Table]] = []
        self._open: list[_OpenTable] = []
        self._count = 0
        self._heading = ""
        self._paragraph: list[str] = []
        self._buffer: list[str] = []
        self._ignored = 0
        self._in_run = False

    @property
    def tables(self) -> list[Table]:
        """In the order in which they begin; an inner table follows the one that holds it."""
        return [table for _, table in sorted(self._done, key=lambda entry: entry[0])]

    def read(self, package: Package, part: str) -> None:
        opened: _OnOpen = {
            "tbl": lambda _: self._open_table(),
            "tr": lambda _: self._open_row(),
            "trPr": lambda _: self._row_properties(inside=True),
            "del": lambda _: self._deletion(),
            "gridBefore": self._skip_columns,
            "tc": lambda _: self._open_cell(),
            "gridSpan": self._span,
            "vMerge": self._vertical_merge,
            "numPr": lambda _: self._numbering(),
            "p": lambda _: self._paragraph.clear(),
            "r": lambda _: self._run(inside=True),
            "t": lambda _: self._buffer.clear(),
            "tab": lambda _: self._say(" "),
            "br": lambda _: self._say("\n"),
            "cr": lambda _: self._say("\n"),
            "noBreakHyphen": lambda _: self._say("-"),
        }
        closed: _OnClose = {
            "tbl": self._close_table,
            "tr": self._close_row,
            "trPr": lambda: self._row_properties(inside=False),
            "tc": self._close_cell,
            "p": self._close_paragraph,
            "r": lambda: self._run(inside=False),
            "t": lambda: self._say("".join(self._buffer)),
        }
        on_open = {tag: self._unless_ignored(handler) for tag, handler in opened.items()}
        on_close = {tag: self._unless_ignored_at_end(handler) for tag, handler in closed.items()}
        on_open["txbxContent"] = lambda _: self._ignore(1)
        on_close["txbxContent"] = lambda: self._ignore(-1)
        package.parse(
            part,
            opened={**_tags(on_open), _FALLBACK: lambda _: self._ignore(1)},
            closed={**_tags(on_close), _FALLBACK: lambda: self._ignore(-1)},
            text=self._buffer.append,
        )

    def _ignore(self, change: int) -> None:
        """Text boxes and fallbacks repeat or decorate; what they hold is not the table's."""
        self._ignored += change

    def _unless_ignored(self, handler: Callable[[dict[str, str]], None]) -> Callable[[dict[str, str]], None]:
        def guarded(attributes: dict[str, str]) -> None:
            if not self._ignored:
                handler(attributes)

        return guarded

    def _unless_ignored_at_end(self, handler: Callable[[], None]) -> Callable[[], None]:
        def guarded() -> None:
            if not self._ignored:
                handler()

        return guarded

    def _run(self, *, inside: bool) -> None:
        self._in_run = inside

    def _say(self, text: str) -> None:
        # A <tab> outside a run is a tab stop of the paragraph's format.
        if self._in_run:
            self._paragraph.append(text)
        self._buffer.clear()

    def _close_paragraph(self) -> None:
        text = "".join(self._paragraph)
        self._paragraph.clear()
        if self._open:
            self._open[-1].paragraphs.append(text)
        elif heading := clean(text):
            self._heading = heading

    def _open_table(self) -> None:
        self._count += 1
        if self._count > _MAX_TABLES:
            raise SheetError(f"文档里的表格超过 {_MAX_TABLES} 个，请只保留要导入的表格后再上传。")
        outside = self._heading or f"表{self._count}"
        name = f"{self._open[-1].name}（内嵌表）" if self._open else outside
        self._heading = ""
        self._open.append(_OpenTable(name[:_TITLE_LENGTH], TableBuilder(self.limits), self._count))

    def _close_table(self) -> None:
        table = self._open.pop()
        self._done.append((table.position, table.builder.build(table.name)))

    def _open_row(self) -> None:
        if self._open:
            self._open[-1].begin_row()

    def _row_properties(self, *, inside: bool) -> None:
        if self._open:
            self._open[-1].in_row_properties = inside

    def _deletion(self) -> None:
        """Drop a row deleted with tracked changes: it is still in the file."""
        if self._open and self._open[-1].in_row_properties:
            self._open[-1].deleted = True

    def _skip_columns(self, attributes: dict[str, str]) -> None:
        if self._open:
            self._open[-1].column += self._number(attributes)

    def _number(self, attributes: dict[str, str]) -> int:
        value = int(_value(attributes) or "1")
        if not 0 <= value <= self.limits.max_columns:
            raise SheetError(f"表格超过 {self.limits.max_columns} 列，请删去多余的列后再上传。")
        return value

    def _open_cell(self) -> None:
        if self._open:
            self._open[-1].begin_cell()

    def _span(self, attributes: dict[str, str]) -> None:
        if self._open:
            self._open[-1].span = max(1, self._number(attributes))

    def _vertical_merge(self, attributes: dict[str, str]) -> None:
        if self._open:
            self._open[-1].continues = _value(attributes) != "restart"

    def _numbering(self) -> None:
        if self._open:
            self._open[-1].numbered = True

    def _close_cell(self) -> None:
        if self._open:
            self._open[-1].end_cell()

    def _close_row(self) -> None:
        if self._open:
            self._open[-1].end_row()


def _tags(handlers: Mapping[str, _T]) -> dict[str, _T]:
    return {f"{space} {tag}": value for space in _NAMESPACES for tag, value in handlers.items()}


def _value(attributes: dict[str, str]) -> str:
    return next((attributes[key] for key in _VALUES if key in attributes), "")
