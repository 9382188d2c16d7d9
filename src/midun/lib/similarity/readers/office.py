"""Office files (OOXML): Word, PowerPoint by a streaming XML parser without entities; Excel by calamine."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO
from xml.parsers import expat

import python_calamine

from midun.lib.similarity.documents import Kind, Part
from midun.lib.similarity.errors import Refused, Unreadable
from midun.lib.similarity.readers.limits import DAMAGED, Budget

CHUNK = 1 << 16
WORD: tuple[str, ...] = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
LONG_CELL = 30
"""Cells longer than this many characters are compared as prose too."""


def to_csv(rows: Sequence[Sequence[str]]) -> str:
    """Rows as the CSV that `Part` of a table holds."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def table_parts(rows: Sequence[Sequence[str]], label: str) -> list[Part]:
    """A table, and its long cells as prose."""
    if not any(any(cell.strip() for cell in row) for row in rows):
        return []
    parts = [Part(Kind.TABLE, to_csv(rows), ((0, label),))]
    long = [cell for row in rows for cell in row if len(cell) > LONG_CELL]
    if long:
        parts.append(Part(Kind.PROSE, "\n".join(long), ((0, label),)))
    return parts


class _Flow:
    """Collects paragraphs and tables out of WordprocessingML or DrawingML events."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._words: list[str] = []
        self._cell: list[str] = []
        self._inside = False

    def start(self, name: str, _: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "t":
            self._inside = True
        elif tag in ("tab", "br", "cr"):
            self._words.append("\t" if tag == "tab" else "\n")
        elif tag == "tbl":
            self._open.append([])
        elif tag == "tr" and self._open:
            self._open[-1].append([])
        elif tag == "tc":
            self._cell = []

    def end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag == "t":
            self._inside = False
        elif tag == "p":
            (self._cell if self._open else self.lines).append("".join(self._words))
            self._words = []
        elif tag == "tc" and self._open and self._open[-1]:
            self._open[-1][-1].append(" ".join(c for c in self._cell if c))
            self._cell = []
        elif tag == "tbl" and self._open:
            self.tables.append(self._open.pop())

    def text(self, data: str) -> None:
        if self._inside:
            self._words.append(data)


def parse_xml(stream: IO[bytes], flow: _Flow) -> None:
    """Feed a stream of XML to `flow`. A document type declaration is refused: it is how entity attacks come in."""
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise Refused("XML 中含文档类型声明（实体攻击的载体），未读。")

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = flow.start, flow.end
    parser.CharacterDataHandler = flow.text
    try:
        while chunk := stream.read(CHUNK):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unreadable("XML 已损坏，只读出损坏处之前的内容。") from error


def opened(data: bytes, budget: Budget) -> zipfile.ZipFile:
    """The package, after its sizes were accounted for. Raises `Unreadable`, `Refused`."""
    try:
        package = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGED as error:
        raise Unreadable("文件已损坏（不是完整的压缩包）。") from error
    for member in package.infolist():
        if member.flag_bits & 1:
            raise Unreadable("文件已加密，未比对。请解密后重试。")
        budget.take(member.file_size, member.compress_size)
    return package


def _numbered(name: str) -> tuple[int, str]:
    digits = "".join(c for c in name if c.isdigit())
    return (int(digits) if digits else 0, name)


def _flows(package: zipfile.ZipFile, names: Sequence[str]) -> Iterator[tuple[str, _Flow, str]]:
    for name in names:
        flow, notice = _Flow(), ""
        try:
            with package.open(name) as stream:
                parse_xml(stream, flow)
        except Refused:
            raise
        except (Unreadable, *DAMAGED) as error:
            notice = str(error) if isinstance(error, Unreadable) else f"{name} 已损坏。"
        yield name, flow, notice


def read_office(data: bytes, budget: Budget, folder: str) -> tuple[list[Part], list[str]]:
    """Word (`folder` "word/") or PowerPoint ("ppt/"): the text in one part with marks, and the tables."""
    package = opened(data, budget)
    names = package.namelist()
    if folder == "word/":
        wanted = [n for n in WORD if n in names]
    else:
        slides = [n for n in names if n.startswith(("ppt/slides/slide", "ppt/notesSlides/notesSlide"))]
        wanted = sorted((n for n in slides if n.endswith(".xml")), key=_numbered)
    if not wanted:
        raise Unreadable("文件中没有正文，可能已损坏。")
    texts: list[str] = []
    parts: list[Part] = []
    marks: list[tuple[int, str]] = []
    notices: list[str] = []
    length = 0
    for name, flow, notice in _flows(package, wanted):
        notices += [notice] if notice else []
        label = f"第{_numbered(name)[0]}张幻灯片" if folder == "ppt/" else ""
        marks += [(length, label)] if label else []
        text = "\n".join(flow.lines) + "\n"
        texts.append(text)
        length += len(text)
        for number, table in enumerate(flow.tables, 1):
            parts += table_parts(table, f"{label}表{number}")
    return [Part(Kind.PROSE, "".join(texts), tuple(marks)), *parts], notices


def read_workbook(data: bytes, budget: Budget) -> tuple[list[Part], list[str]]:
    """Excel (.xlsx, .xlsb, .xls) and OpenDocument tables: each sheet a table."""
    if data[:2] == b"PK":
        opened(data, budget).close()
    parts: list[Part] = []
    notices: list[str] = []
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
    except Exception as error:  # the parser's errors share no base; whatever it is, the file is damaged
        raise Unreadable("工作簿已损坏或已加密，未比对。") from error
    for name in names:
        try:
            rows = [[_shown(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python()]
        except Exception:  # noqa: BLE001  # as above: one damaged sheet does not lose the others
            notices.append(f"工作表“{name}”已损坏，未比对。")
            continue
        parts += table_parts(rows, f"工作表“{name}”")
    return parts, notices


def _shown(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
