"""PDF by its text layer, HTML by the standard library's parser; running heads and page numbers are dropped."""

import ctypes
import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser

import pypdfium2
import pypdfium2.raw as pdfium

from midun.lib.similarity.documents import Kind, Part
from midun.lib.similarity.errors import Unreadable
from midun.lib.similarity.readers import ocr
from midun.lib.similarity.readers.office import table_parts

BARE = re.compile(r"[\W_]*(?:第\s*)?\d{1,5}(?:\s*页)?(?:\s*[/／共]\s*\d{1,5}\s*页?)?[\W_]*")
PAGE_DIGITS = 5
REPEATED, EDGE_LINES, SCANNED = 3, 2, 8
MOST_PAGES, NAMED = 20_000, 20
BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "li",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "section",
        "article",
        "header",
        "footer",
        "pre",
        "dt",
        "dd",
        "title",
    ]
)
SILENT = frozenset({"script", "style", "template"})


def _edges(lines: Sequence[str]) -> set[int]:
    """Numbers of the first and last lines that are not empty."""
    solid = [n for n, line in enumerate(lines) if line.strip()]
    return {*solid[:EDGE_LINES], *solid[-EDGE_LINES:]}


def _counted(line: str, page: int) -> str:
    """A line with one number, as what it would be on page 0: running heads count with the pages."""
    numbers = re.findall(r"\d+", line)
    if len(numbers) != 1 or len(numbers[0]) > PAGE_DIGITS:
        return line.strip()
    return re.sub(r"\d+", str(int(numbers[0]) - page), line.strip())


def without_running_heads(pages: Sequence[str]) -> list[str]:
    """Pages without first and last lines that repeat (or count) from page to page, and without bare page numbers."""
    split = [page.replace("\r\n", "\n").replace("\r", "\n").split("\n") for page in pages]
    edges = [_edges(lines) for lines in split]
    seen: Counter[str] = Counter()
    for number, lines in enumerate(split):
        seen.update({_counted(lines[n], number) for n in edges[number]} | {lines[n].strip() for n in edges[number]})
    out = []
    for number, lines in enumerate(split):
        kept = []
        for n, line in enumerate(lines):
            repeats = seen[line.strip()] >= REPEATED or seen[_counted(line, number)] >= REPEATED
            if not (n in edges[number] and (repeats or BARE.fullmatch(line.strip()))):
                kept.append(line)
        out.append("\n".join(kept))
    return out


def _page_text(document: pypdfium2.PdfDocument, number: int) -> str:
    page = document[number]
    try:
        text = page.get_textpage()
        try:
            count = pdfium.FPDFText_CountChars(text)
            if count <= 0:
                return ""
            buffer = (ctypes.c_ushort * (count * 2 + 2))()
            got = pdfium.FPDFText_GetText(text, 0, count, buffer)
            return bytes(buffer)[: max(0, got - 1) * 2].decode("utf-16-le", "replace")
        finally:
            text.close()
    finally:
        page.close()


def _recognised(document: pypdfium2.PdfDocument, empty: Sequence[int], pages: list[str]) -> list[int]:
    """Fill in pages without text by OCR, where it is installed; gives those that have text now."""
    recognises = ocr.engine() if empty else None
    if recognises is None:
        return []
    done = []
    for number in empty[: ocr.MOST_PAGES]:
        try:
            page = document[number - 1]
            try:
                width, height = page.get_size()
                if width * height * (ocr.DPI / 72) ** 2 > ocr.MOST_PIXELS:
                    continue
                text = ocr.text_of(page.render(scale=ocr.DPI / 72).to_pil(), recognises)
            finally:
                page.close()
        except (pypdfium2.PdfiumError, Unreadable):
            continue
        if text.strip():
            pages[number - 1] = text
            done.append(number)
    return done


def _numbers(pages: Sequence[int]) -> str:
    return "、".join(map(str, pages[:NAMED])) + ("等" if len(pages) > NAMED else "")


def read_pdf(data: bytes) -> tuple[list[Part], list[str]]:
    """The text layer, one part with a mark per page; pages without text are recognised (OCR) or named in a notice."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Unreadable("PDF 已损坏或已加密，未比对。") from error
    notices: list[str] = []
    try:
        pages, empty = [], []
        for number in range(min(len(document), MOST_PAGES)):
            try:
                pages.append(_page_text(document, number))
            except pypdfium2.PdfiumError:
                pages.append("")
                notices.append(f"第{number + 1}页已损坏。")
            if len(pages[-1].strip()) < SCANNED:
                empty.append(number + 1)
        if len(document) > MOST_PAGES:
            notices.append(f"超过 {MOST_PAGES} 页，其余未读。")
        recognised = _recognised(document, empty, pages)
    finally:
        document.close()
    if recognised:
        notices.append(f"第{_numbers(recognised)}页{ocr.READ}")
    if empty := [number for number in empty if number not in recognised]:
        notices.append(
            f"第{_numbers(empty)}页没有文字层（空白或扫描件），共 {len(empty)} 页未比对；请先做文字识别（OCR）。"
        )
    texts, marks, length = [], [], 0
    for number, page in enumerate(without_running_heads(pages), 1):
        marks.append((length, f"第{number}页"))
        texts.append(page + "\n")
        length += len(page) + 1
    return [Part(Kind.PROSE, "".join(texts), tuple(marks))], notices


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.tables: list[list[list[str]]] = []
        self._silent = 0
        self._table: list[list[str]] | None = None
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        elif tag == "table":
            self._table = []
        elif tag == "tr" and self._table is not None:
            self._table.append([])
        elif tag in ("td", "th") and self._table:
            self._cell = []
        if tag in BLOCKS:
            self.out.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th") and self._cell is not None and self._table:
            self._table[-1].append("".join(self._cell).strip())
            self._cell = None
        elif tag == "table" and self._table is not None:
            self.tables.append(self._table)
            self._table = None
        if tag in BLOCKS:
            self.out.append("\n")

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.out.append(data)
        if self._cell is not None:
            self._cell.append(data)


def read_html(text: str) -> list[Part]:
    """The text a reader sees (tables included), and the tables once more as tables."""
    parser = _Html()
    parser.feed(text)
    parser.close()
    parts = [Part(Kind.PROSE, re.sub(r"\n{3,}", "\n\n", "".join(parser.out)))]
    for number, table in enumerate(parser.tables, 1):
        parts += [p for p in table_parts(table, f"表{number}") if p.kind is Kind.TABLE]
    return parts
