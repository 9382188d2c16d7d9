"""Lists: filters above, pages below, saved views, and an Excel export that honours the filter and is in the trail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime

from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.forms import FilterForm
from midun.kernel.web.models import SavedView
from midun.kernel.web.page import PageRequest
from midun.lib.sheets import Column as SheetColumn
from midun.lib.sheets import Sheet, write_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_EXPORT_LIMIT = 100_000
_SHEET_KINDS: dict[str, Literal["text", "integer", "date", "datetime"]] = {
    "integer": "integer",
    "date": "date",
    "datetime": "datetime",
}


@dataclass(frozen=True)
class ListColumn:
    """A column: title, a dotted attribute path or function of the record, and how it is shown.

    `kind` is text, integer, date, datetime or badge (`colour`: a function of the record to a Tabler colour).
    `link` gives the address the cell leads to. `wide` columns take the room that is left; `phone=False` hides on phones.
    """

    title: str
    value: str | Callable[[Any], object]
    kind: str = "text"
    link: Callable[[Any], str] | None = None
    colour: Callable[[Any], str] | None = None
    wide: bool = False
    phone: bool = True

    def of(self, row: object) -> object:
        """The value for one record; methods are called, missing links give an empty cell."""
        if callable(self.value):
            return self.value(row)
        found: Any = row
        for name in self.value.split("."):
            found = getattr(found, name, None)
            if found is None:
                return ""
        return found() if callable(found) else found


@dataclass(frozen=True)
class Cell:
    """One cell as the template shows it."""

    column: ListColumn
    value: object
    link: str
    colour: str


@dataclass(frozen=True)
class Listing:
    """A list page. `key` names it for saved views, `filters` is the query bar, `empty` is said of an empty list."""

    key: str
    title: str
    columns: Sequence[ListColumn]
    filters: type[FilterForm] = FilterForm
    per_page: int = 20
    empty: str = "暂无记录"
    empty_hint: str = ""
    filter_args: Callable[[PageRequest], dict[str, Any]] = field(default=lambda _request: {})

    def respond(
        self, request: PageRequest, records: QuerySet[Any], *, template: str = "web/list.html", **context: Any
    ) -> HttpResponse:
        """Answer a request for this list: a page of it, or with POST `action=export` the whole as Excel."""
        query = request.POST if request.method == "POST" else request.GET
        bar = (
            self.filters(query or None, **self.filter_args(request))
            if query
            else self.filters({}, **self.filter_args(request))
        )
        found = bar.apply(records)
        if request.method == "POST":
            return self._export(request, found)
        pages = Paginator(found, self.per_page)
        shown = pages.get_page(request.GET.get("page"))
        kept = request.GET.copy()
        kept.pop("page", None)
        views = SavedView.objects.visible_to(request.actor).filter(page=self.key)
        return render(
            request,
            template,
            {
                "listing": self,
                "bar": bar,
                "page": shown,
                "rows": [(row, self._cells(row)) for row in shown.object_list],
                "kept": kept.urlencode(),
                "kept_items": [(k, v) for k, vs in kept.lists() for v in vs],
                "filtered": any(kept.values()),
                "saved_views": views,
                "page_range": pages.get_elided_page_range(shown.number, on_each_side=2, on_ends=1),
                **context,
            },
        )

    def _cells(self, row: object) -> list[Cell]:
        return [
            Cell(c, c.of(row), c.link(row) if c.link else "", c.colour(row) if c.colour else "secondary")
            for c in self.columns
        ]

    def _export(self, request: PageRequest, records: QuerySet[Any]) -> HttpResponse:
        columns = [SheetColumn(title=c.title, kind=_SHEET_KINDS.get(c.kind, "text")) for c in self.columns]
        rows = [[_plain(c, c.of(row)) for c in self.columns] for row in records[:_EXPORT_LIMIT].iterator(2000)]
        data = write_xlsx([Sheet(name=self.title[:31], columns=columns, rows=rows)], at=request.at)
        record(
            actor=request.actor,
            verb=Verb.EXPORTED,
            target=None,
            at=request.at,
            after={"list": self.key, "rows": len(rows), "filter": dict(request.POST.lists())},
            label=self.title,
        )
        return download(data, f"{self.title}_{localtime(request.at):%Y%m%d}.xlsx", XLSX)


def _plain(column: ListColumn, value: object) -> object:
    if value in (None, ""):
        return None if column.kind in ("integer", "date", "datetime") else ""
    if column.kind == "datetime":
        return localtime(value).replace(tzinfo=None)  # type: ignore[arg-type]  # a datetime by its kind
    return value if column.kind in ("integer", "date") else str(value)


def download(data: bytes, name: str, mime: str) -> HttpResponse:
    """A response that the browser saves as `name` (any script) and never shows or sniffs."""
    response = HttpResponse(data, content_type=mime)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["X-Content-Type-Options"] = "nosniff"
    return response
