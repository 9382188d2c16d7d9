"""One door for every table that comes in."""

from pathlib import PurePosixPath

from midun.lib.sheets.delimited import decode, read_csv
from midun.lib.sheets.docx import read_docx
from midun.lib.sheets.model import DEFAULT_LIMITS, Kind, Limits, SheetError, Table
from midun.lib.sheets.package import Package
from midun.lib.sheets.pasted import read_text
from midun.lib.sheets.sniff import sniff
from midun.lib.sheets.text import clean
from midun.lib.sheets.xlsx import read_xlsx

_NAME_LENGTH = 100


def read_tables(data: bytes, *, name: str, limits: Limits = DEFAULT_LIMITS) -> list[Table]:
    """Read the tables of an uploaded file, at least one, each with at least one row.

    `name` is the file's name as the browser gave it: it names the table of a CSV file and is
    never trusted to say what the file is. Whatever is wrong with the file is a `SheetError`.
    """
    kind = sniff(data, name, limits=limits)
    if kind is Kind.XLSX:
        tables = read_xlsx(Package(data, limits), limits)
        empty = "表格里没有内容（隐藏的工作表不读取），请检查后重新上传。"
    elif kind is Kind.DOCX:
        tables = read_docx(Package(data, limits), limits)
        empty = "文档里没有找到有内容的表格，请检查后重新上传。"
    elif kind is Kind.CSV:
        table = read_csv(decode(data), _stem(name), limits)
        tables = [table] if table.rows else []
        empty = "表格里没有内容，请检查后重新上传。"
    else:
        return read_text(decode(data), limits=limits)
    if not tables:
        raise SheetError(empty)
    return tables


def _stem(name: str) -> str:
    plain = PurePosixPath(name.replace("\\", "/").replace("\0", "")).stem
    return clean(plain)[:_NAME_LENGTH] or "表1"
