"""The records behind a number: part by part, a page at a time, and all of them as Excel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from midun.kernel.statistics.figures import Part, Rows
from midun.lib.sheets import Column as SheetColumn
from midun.lib.sheets import Sheet, write_xlsx

_PER_PAGE = 50
EXPORT_LIMIT = 200_000
"""A workbook holds at most so many records of a part; it says so when there are more."""


@dataclass(frozen=True)
class ShownPart:
    """A part of a figure with one page of its records as rows of cells; `kept` goes before `&page=` in its links."""

    part: Part
    value: int
    page: "Page[Any]"
    rows: list[tuple[str, list[tuple[str, object]]]]
    page_range: list[int | str]
    kept: str


def shown(parts: Sequence[Part], query: QueryDict, *, kept: str = "") -> list[ShownPart]:
    """Every part with its page: `?part=2&page=3` turns the pages of the second part only; `kept` stays in the links."""
    return [_shown(n, part, query, f"{kept}&" if kept else "") for n, part in enumerate(parts, 1)]


def _shown(n: int, part: Part, query: QueryDict, kept: str) -> ShownPart:
    value = part.value()
    pages = Paginator(part.listed(), _PER_PAGE)
    if isinstance(part.measure, Rows):
        vars(pages)["count"] = value  # the number is how many records there are: not counted twice
    page = pages.get_page(query.get("page") if query.get("part", "1") == str(n) else 1)
    rows = [(address(record), titled(part, record)) for record in page.object_list]
    elided = list(pages.get_elided_page_range(page.number, on_each_side=2, on_ends=1))
    return ShownPart(part, value, page, rows, elided, f"{kept}part={n}")


def cells(part: Part, record: object) -> list[object]:
    """A record as the cells of its row."""
    return [column.of(record) for column in part.columns]


def titled(part: Part, record: object) -> list[tuple[str, object]]:
    """The same, each with the title of its column."""
    return [(column.title, column.of(record)) for column in part.columns]


def address(record: Any) -> str:
    """The record's page, "" where it has none."""
    return str(record.get_absolute_url()) if hasattr(record, "get_absolute_url") else ""


def workbook(title: str, parts: Sequence[Part], *, at: datetime) -> tuple[bytes, int]:
    """All records of every part, a worksheet each; and how many records that are."""
    sheets, written = [], 0
    for part in parts:
        records = part.listed()[:EXPORT_LIMIT]
        rows = list(_rows(part, records))
        value = part.value()
        cut = f"，仅列前 {EXPORT_LIMIT:,} 条" if len(rows) == EXPORT_LIMIT else ""
        columns = [SheetColumn(title=c.title, kind=_kind(rows, i)) for i, c in enumerate(part.columns)]
        heading = f"{title}：{part.label}（{value:,}{cut}）"
        sheets.append(Sheet(name=part.label, columns=columns, rows=rows, title=heading))
        written += len(rows)
    return write_xlsx(sheets, at=at), written


def _rows(part: Part, records: Any) -> Iterator[list[object]]:
    for record in records.iterator(2000):
        yield [
            value if isinstance(value, date | int) and not isinstance(value, bool) else str(value or "")
            for value in cells(part, record)
        ]


def _kind(rows: Sequence[Sequence[object]], column: int) -> Literal["text", "integer", "date"]:
    found = {type(row[column]) for row in rows}
    if found == {int}:
        return "integer"
    return "date" if found == {date} else "text"
