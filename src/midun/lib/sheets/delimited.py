"""Character sets and delimiter-separated text."""

import codecs
import csv
import re
from io import StringIO

from midun.lib.sheets.model import Limits, SheetError, Table, TableBuilder
from midun.lib.sheets.text import clean

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SEPARATOR_LINE = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
_SAMPLE_RECORDS = 50
_SAMPLE_CHARS = 64 * 1024
# A spreadsheet takes text that begins like this for a formula, also behind space and in full width.
_FORMULA = re.compile(r"[\s']*[=+\-@＝＋－＠]|[\t\r\n]")
_NEUTRALISED = re.compile(r"'[\s']*[=+\-@＝＋－＠]")


def neutralise(text: str) -> str:
    """Put an apostrophe before text a spreadsheet would run as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def restore(text: str) -> str:
    """Undo `neutralise`."""
    return text[1:].lstrip() if _NEUTRALISED.match(text) else text


def decode(data: bytes) -> str:
    """Text of a UTF-8, UTF-16 or GB18030 file; anything else is a `SheetError`."""
    for encoding in _candidates(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _BINARY.search(text):
            break
        return text
    raise SheetError("文件不是表格也不是文本，无法读取；请上传 .xlsx、.docx 或 .csv 文件。")


def _candidates(data: bytes) -> list[str]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return [encoding]
    # Without a byte order mark, UTF-16 shows by the zero halves of its commas and line ends.
    if b"\0" in data[:4096]:
        even, odd = data[:4096:2].count(0), data[1:4096:2].count(0)
        return ["utf-16-le" if odd > even else "utf-16-be"]
    return ["utf-8", "gb18030"]


def delimiter_of(text: str) -> str:
    """Find the delimiter that splits the beginning into the steadiest columns; "" if none does."""
    best, best_score = "", (0.0, 0)
    for delimiter in (",", "\t", ";"):
        counts = _column_counts(text, delimiter)
        usual = max(set(counts), key=counts.count, default=0)
        score = (counts.count(usual) / max(len(counts), 1), usual)
        if usual > 1 and score > best_score:
            best, best_score = delimiter, score
    return best


def _column_counts(text: str, delimiter: str) -> list[int]:
    counts: list[int] = []
    try:
        for record in csv.reader(StringIO(text[:_SAMPLE_CHARS], newline=""), delimiter=delimiter):
            if any(record):
                counts.append(len(record))
            if len(counts) >= _SAMPLE_RECORDS:
                break
    except csv.Error:
        return []
    return counts


def read_csv(text: str, name: str, limits: Limits) -> Table:
    """One table from delimiter-separated text; `Row.number` counts records as Excel does."""
    declared = _SEPARATOR_LINE.match(text)
    if declared:
        text = text[declared.end() :]
    delimiter = declared[1] if declared else delimiter_of(text) or ","
    try:
        return _records(text, name, limits, delimiter, strict=True)
    except csv.Error:
        if text.count('"') % 2:
            raise SheetError("文件中的英文双引号没有成对，无法分清单元格；请用 Excel 打开检查后另存再上传。") from None
    try:
        return _records(text, name, limits, delimiter, strict=False)
    except csv.Error as error:
        raise SheetError("文件中有过长或无法识别的单元格，请检查后再上传。") from error


def _records(text: str, name: str, limits: Limits, delimiter: str, *, strict: bool) -> Table:
    table = TableBuilder(limits)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    for number, record in enumerate(reader, start=1):
        cells = {column: table.check_cell(restore(clean(raw)), number) for column, raw in enumerate(record) if raw}
        table.add(number, cells)
    return table.build(name)
