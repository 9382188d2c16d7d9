"""Reading .xlsx as a stream of XML events.

python-calamine was measured three times as fast but allocates the whole used rectangle at once: two cells
in opposite corners of a sheet (a 5 kB file) abort the process, and it hides error values and
formulas. openpyxl's read-only mode is slower than this reader and does not know merges.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from midun.lib.sheets.model import Limits, Problem, SheetError, Table, TableBuilder
from midun.lib.sheets.numbers import BUILTIN_FORMATS, Format, format_of, number_text, serial_text
from midun.lib.sheets.package import DAMAGED, Package
from midun.lib.sheets.text import clean

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_RELATION_IDS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)
_MAX_SHEETS = 200
_MAX_STRINGS = 2_000_000
# A sheet may carry formatting far beyond its content; reading costs time, not memory.
_MAX_CELL_TAGS = 10_000_000
_MAX_MERGES = 100_000
_CELL = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_DIGITS = "0123456789"
_T = TypeVar("_T")


@dataclass
class _Workbook:
    visible: list[tuple[str, str]]
    hidden: list[str]
    epoch_1904: bool
    strings: list[str]
    formats: list[Format]


def read_xlsx(package: Package, limits: Limits) -> list[Table]:
    """All visible worksheets that hold something, in the order of their tabs."""
    book = _read_workbook(package, limits)
    skipped = tuple(book.hidden)
    tables = []
    for name, part in book.visible:
        reader = _SheetReader(book, limits)
        reader.read(package, part)
        tables.append(reader.table.build(name, skipped))
    return [table for table in tables if table.rows]


def _tags(handlers: Mapping[str, _T]) -> dict[str, _T]:
    return {f"{space} {tag}": value for space in _NAMESPACES for tag, value in handlers.items()}


def _read_workbook(package: Package, limits: Limits) -> _Workbook:
    book = _Workbook([], [], epoch_1904=False, strings=[], formats=[])
    main = next(
        (link.target for link in package.relations("").values() if link.kind == "officeDocument"),
        "xl/workbook.xml",
    )
    links = package.relations(main)

    def sheet(attributes: dict[str, str]) -> None:
        name = clean(attributes.get("name", ""))
        link = next((links[attributes[key]] for key in _RELATION_IDS if key in attributes), None)
        if link is None or link.kind != "worksheet":
            return
        if attributes.get("state", "visible") == "visible":
            book.visible.append((name, link.target))
        else:
            book.hidden.append(name)
        if len(book.visible) + len(book.hidden) > _MAX_SHEETS:
            raise SheetError(f"工作表超过 {_MAX_SHEETS} 张，请删去用不到的工作表后再上传。")

    def properties(attributes: dict[str, str]) -> None:
        book.epoch_1904 = attributes.get("date1904", "0") in ("1", "true", "on")

    package.parse(main, opened=_tags({"sheet": sheet, "workbookPr": properties}))
    for link in links.values():
        if link.kind == "sharedStrings" and link.target in package:
            book.strings = _read_strings(package, link.target, limits)
        elif link.kind == "styles" and link.target in package:
            book.formats = _read_formats(package, link.target)
    return book


def _decode(text: str) -> str:
    """Undo Excel's _xHHHH_ spelling of characters that XML cannot carry."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return clean(text)


class _RichText:
    """Joins the <t> runs of a string, leaving out phonetic guides."""

    def __init__(self, buffer: list[str]) -> None:
        self.parts: list[str] = []
        self._buffer = buffer
        self._phonetic = False
        self.opened: dict[str, Callable[[dict[str, str]], None]] = {
            "t": lambda _: buffer.clear(),
            "rPh": lambda _: self._guide(inside=True),
        }
        self.closed: dict[str, Callable[[], None]] = {
            "t": self._run,
            "rPh": lambda: self._guide(inside=False),
        }

    def _guide(self, *, inside: bool) -> None:
        self._phonetic = inside

    def _run(self) -> None:
        if not self._phonetic:
            self.parts.extend(self._buffer)
        self._buffer.clear()

    def take(self) -> str:
        text = _decode("".join(self.parts))
        self.parts.clear()
        return text


def _read_strings(package: Package, part: str, limits: Limits) -> list[str]:
    strings: list[str] = []
    buffer: list[str] = []
    rich = _RichText(buffer)

    def item() -> None:
        text = rich.take()
        if len(text) > limits.max_cell:
            raise SheetError(f"有单元格超过 {limits.max_cell} 个字，请缩短后再上传。")
        strings.append(text)
        if len(strings) > _MAX_STRINGS:
            raise SheetError("表格的内容太多，请拆成几个文件后再上传。")

    package.parse(
        part,
        opened=_tags(rich.opened),
        closed=_tags({**rich.closed, "si": item}),
        text=buffer.append,
    )
    return strings


def _read_formats(package: Package, part: str) -> list[Format]:
    """The kind of number format per cell style index."""
    custom: dict[int, Format] = {}
    styles: list[Format] = []
    in_cell_styles = False

    def number_format(attributes: dict[str, str]) -> None:
        custom[int(attributes.get("numFmtId", "0"))] = format_of(attributes.get("formatCode", ""))

    def cell_styles(inside: bool) -> None:
        nonlocal in_cell_styles
        in_cell_styles = inside

    def style(attributes: dict[str, str]) -> None:
        if in_cell_styles:
            number = int(attributes.get("numFmtId", "0"))
            known = custom.get(number) or BUILTIN_FORMATS.get(number, Format.NUMBER)
            styles.append(known)

    opened = {"numFmt": number_format, "cellXfs": lambda _: cell_styles(True), "xf": style}
    package.parse(
        part, opened=_tags(opened), closed=_tags({"cellXfs": lambda: cell_styles(False)})
    )
    return styles


class _SheetReader:
    """One worksheet: cells as they come, merges at the end."""

    def __init__(self, book: _Workbook, limits: Limits) -> None:
        self.table = TableBuilder(limits)
        self._book = book
        self._buffer: list[str] = []
        self._rich = _RichText(self._buffer)
        self._merges: list[tuple[int, int, int, int]] = []
        self._letters: dict[str, int] = {}
        self._row = 0
        self._column = -1
        self._cells: dict[int, str] = {}
        self._attributes: dict[str, str] = {}
        self._value: str | None = None
        self._formula = False
        self._cell_tags = 0

    def read(self, package: Package, part: str) -> None:
        opened = {
            **self._rich.opened,
            "row": self._open_row,
            "c": self._open_cell,
            "v": lambda _: self._buffer.clear(),
            "f": self._open_formula,
            "mergeCell": self._merge,
        }
        closed = {
            **self._rich.closed,
            "row": self._close_row,
            "c": self._close_cell,
            "v": self._close_value,
        }
        package.parse(part, opened=_tags(opened), closed=_tags(closed), text=self._buffer.append)
        self.table.cover(self._merges)

    def _open_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r", self._row + 1))
        if number <= self._row:
            raise SheetError(DAMAGED)
        self._row = number
        self._column = -1
        self._cells = {}
        self._buffer.clear()

    def _close_row(self) -> None:
        if self._cells:
            self.table.add(self._row, self._cells)

    def _open_cell(self, attributes: dict[str, str]) -> None:
        self._cell_tags += 1
        if self._cell_tags > _MAX_CELL_TAGS:
            raise SheetError("工作表带格式的空单元格太多，请删去数据以外的行和列后再上传。")
        letters = attributes.get("r", "").rstrip(_DIGITS)
        column = self._letters.get(letters)
        if column is None:
            column = _column(letters) if letters else self._column + 1
            if letters:
                self._letters[letters] = column
        self._column = column
        self._attributes = attributes
        self._value = None
        self._formula = False

    def _open_formula(self, _: dict[str, str]) -> None:
        self._formula = True

    def _close_value(self) -> None:
        self._value = "".join(self._buffer)
        self._buffer.clear()

    def _close_cell(self) -> None:
        kind = self._attributes.get("t", "n")
        raw = self._value
        if self._formula and (raw is None or (raw == "" and kind != "str")):
            self._complain("公式没有保存计算结果，请用 Excel 或 WPS 打开、保存后再上传，或改填数值。")
        if kind == "inlineStr":
            text = self._rich.take()
        elif not raw:
            return
        elif kind == "s":
            text = self._book.strings[int(raw)]
        else:
            text = self._typed(kind, raw)
        if text:
            self._cells[self._column] = self.table.check_cell(text, self._row)

    def _typed(self, kind: str, raw: str) -> str:
        if kind == "str":
            return _decode(raw)
        if kind == "b":
            return "是" if raw.strip() == "1" else "否"
        if kind == "e":
            self._complain(f"单元格是错误值 {clean(raw)}，请改正公式或直接填写内容。")
            return clean(raw)
        if kind == "d":
            return clean(raw).removesuffix("T00:00:00").replace("T", " ")
        style = int(self._attributes.get("s", "0"))
        known = self._book.formats[style] if 0 <= style < len(self._book.formats) else Format.NUMBER
        if known is Format.NUMBER:
            text, complaint = number_text(raw.strip())
        else:
            text, complaint = serial_text(raw.strip(), known, epoch_1904=self._book.epoch_1904)
        if complaint:
            self._complain(complaint)
        return clean(text)

    def _complain(self, message: str) -> None:
        if len(self.table.problems) < self.table.limits.max_rows:
            self.table.problems.append(Problem(self._row, self._column, message))

    def _merge(self, attributes: dict[str, str]) -> None:
        first, _, last = attributes.get("ref", "").replace("$", "").partition(":")
        corners = [_CELL.fullmatch(corner) for corner in (first, last or first)]
        if None in corners or len(self._merges) >= _MAX_MERGES:
            raise SheetError(DAMAGED)
        (left, top), (right, bottom) = ((m[1], int(m[2])) for m in corners if m)
        self._merges.append((top, _column(left), bottom, _column(right)))


def _column(letters: str) -> int:
    """A → 0, Z → 25, AA → 26; anything that is not a column of a sheet is damage."""
    if not (0 < len(letters) <= 3 and letters.isascii() and letters.isalpha()):
        raise SheetError(DAMAGED)
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
