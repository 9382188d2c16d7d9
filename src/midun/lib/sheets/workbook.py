"""What the worksheets of a workbook share: their names, strings and number formats."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from midun.lib.sheets.model import Limits, SheetError
from midun.lib.sheets.numbers import BUILTIN_FORMATS, Format, format_of
from midun.lib.sheets.package import Package
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
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_T = TypeVar("_T")


@dataclass
class Workbook:
    """Visible sheets are (name, part); `formats` goes by cell style index."""

    visible: list[tuple[str, str]]
    hidden: list[str]
    epoch_1904: bool
    strings: list[str]
    formats: list[Format]


def tags(handlers: Mapping[str, _T]) -> dict[str, _T]:
    """Handlers for both spellings of the namespace, transitional and strict."""
    return {f"{space} {tag}": value for space in _NAMESPACES for tag, value in handlers.items()}


def read_workbook(package: Package, limits: Limits) -> Workbook:
    """Read everything but the worksheets themselves."""
    book = Workbook([], [], epoch_1904=False, strings=[], formats=[])
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

    package.parse(main, opened=tags({"sheet": sheet, "workbookPr": properties}))
    for link in links.values():
        if link.kind == "sharedStrings" and link.target in package:
            book.strings = _read_strings(package, link.target, limits)
        elif link.kind == "styles" and link.target in package:
            book.formats = _read_formats(package, link.target)
    return book


def decode_escapes(text: str) -> str:
    """Undo Excel's _xHHHH_ spelling of characters that XML cannot carry."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    return clean(text)


class RichText:
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
        """Return the string and begin a new one."""
        text = decode_escapes("".join(self.parts))
        self.parts.clear()
        return text


def _read_strings(package: Package, part: str, limits: Limits) -> list[str]:
    strings: list[str] = []
    buffer: list[str] = []
    rich = RichText(buffer)

    def item() -> None:
        text = rich.take()
        if len(text) > limits.max_cell:
            raise SheetError(f"有单元格超过 {limits.max_cell} 个字，请缩短后再上传。")
        strings.append(text)
        if len(strings) > _MAX_STRINGS:
            raise SheetError("表格的内容太多，请拆成几个文件后再上传。")

    package.parse(
        part,
        opened=tags(rich.opened),
        closed=tags({**rich.closed, "si": item}),
        text=buffer.append,
    )
    return strings


def _read_formats(package: Package, part: str) -> list[Format]:
    """Tell the kind of number format per cell style index."""
    custom: dict[int, Format] = {}
    styles: list[Format] = []
    in_cell_styles = False

    def number_format(attributes: dict[str, str]) -> None:
        custom[int(attributes.get("numFmtId", "0"))] = format_of(attributes.get("formatCode", ""))

    def cell_styles(*, inside: bool) -> None:
        nonlocal in_cell_styles
        in_cell_styles = inside

    def style(attributes: dict[str, str]) -> None:
        if in_cell_styles:
            number = int(attributes.get("numFmtId", "0"))
            known = custom.get(number) or BUILTIN_FORMATS.get(number, Format.NUMBER)
            styles.append(known)

    opened = {"numFmt": number_format, "cellXfs": lambda _: cell_styles(inside=True), "xf": style}
    package.parse(part, opened=tags(opened), closed=tags({"cellXfs": lambda: cell_styles(inside=False)}))
    return styles
