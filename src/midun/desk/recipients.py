"""Recipients from a table: the template, reading it, and what is wrong in which row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from midun.lib.sheets import Column, Sheet, SheetError, annotate_xlsx, read_tables, write_xlsx

NAME, UNIT = "接收人", "单位或部门"
MOST, LONGEST = 5000, 60
_HEADERS = {"接收人": 0, "姓名": 0, "收件人": 0, "单位或部门": 1, "单位": 1, "部门": 1}


@dataclass(frozen=True)
class Listed:
    """Names in the order of the table; `errors` by row and column as `annotate_xlsx` takes them."""

    names: list[str]
    errors: dict[int, dict[int | None, str]]
    header: int | None

    def sentences(self) -> list[str]:
        """One line per wrong row."""
        return [f"第 {row} 行：{'；'.join(found.values())}" for row, found in sorted(self.errors.items())]


def template(at: datetime) -> bytes:
    """The workbook to fill in."""
    columns = (
        Column(NAME, 20, note="必填，每行一人。姓名会写入登记簿，Office 文件的水印上也会印出"),
        Column(UNIT, 28, note="可不填。填写后接收人记为“姓名（单位或部门）”，用来区分同名的人"),
    )
    return write_xlsx([Sheet("接收人", columns, [])], at=at)


def read_recipients(data: bytes, name: str) -> Listed:
    """Read a workbook, CSV or Word table; the first column, or those named by the template.

    Raises:
        SheetError: it is no table, or holds nobody.

    """
    table = read_tables(data, name=name)[0]
    first = [cell.strip() for cell in table.rows[0].cells]
    has_header = first[0] in _HEADERS or NAME in first
    columns = {_HEADERS[cell]: place for place, cell in reversed(list(enumerate(first))) if cell in _HEADERS}
    at_name, at_unit = (columns.get(0, 0), columns.get(1)) if has_header else (0, 1 if table.width > 1 else None)
    names: dict[str, int] = {}
    errors: dict[int, dict[int | None, str]] = {}
    for row in table.rows[1:] if has_header else table.rows:
        person = " ".join(row.cells[at_name].split())
        unit = " ".join(row.cells[at_unit].split()) if at_unit is not None else ""
        whole = f"{person}（{unit}）" if unit else person
        wrong = _wrong(person, whole, names)
        if wrong:
            errors[row.number] = {at_name: wrong}
        else:
            names[whole] = row.number
    if len(names) > MOST:
        raise SheetError(f"一次最多 {MOST} 位接收人，请分成几份表格。")
    if not names and not errors:
        raise SheetError("表格里没有接收人，请在“接收人”一列每行填写一人。")
    return Listed(list(names), errors, table.rows[0].number if has_header else None)


def _wrong(person: str, whole: str, names: dict[str, int]) -> str:
    if not person:
        return "没有填写接收人"
    if len(whole) > LONGEST:
        return f"接收人连同单位不能超过 {LONGEST} 个字"
    if whole in names:
        return f"与第 {names[whole]} 行重复；同名的人请填写单位或部门区分"
    return ""


def annotated(data: bytes, name: str, listed: Listed, at: datetime) -> bytes:
    """The table with a column that says what is wrong."""
    return annotate_xlsx(data, listed.errors, at=at, name=name, header=listed.header)


def unique(names: Sequence[str]) -> list[str]:
    """Each name once, in order."""
    return list(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))
