"""Lists: filters above, pages below, sorting, saved views, and an Excel export that honours the filter."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.timezone import localtime

from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.columns import Heading, ListColumn
from midun.kernel.web.forms import FilterForm
from midun.kernel.web.models import SavedView
from midun.kernel.web.page import PageRequest
from midun.lib.sheets import Column as SheetColumn
from midun.lib.sheets import Sheet, write_xlsx

__all__ = ["XLSX", "ListColumn", "Listing", "download"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_EXPORT_LIMIT = 100_000
_PRINT_LIMIT = 1_000
_WIDE, _NARROW = 40, 16
_SHEET_KINDS: dict[str, Literal["text", "integer", "date", "datetime"]] = {
    "integer": "integer",
    "date": "date",
    "datetime": "datetime",
}
_NOT_FILTERS = ("page", "print", "sort", "all", "action", "csrfmiddlewaretoken")


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
        """Answer a request for this list: a page of it, or with POST `action=export` the whole as Excel.

        Opened without any query, the list shows the person's default view of it, where there is one.
        """
        views = list(SavedView.objects.visible_to(request.actor).filter(page=self.key))
        if request.method == "GET" and not request.GET:
            chosen = next((view for view in views if view.is_default), None)
            if chosen is not None:
                return redirect(f"{request.path}?{chosen.query}")
        query = request.POST if request.method == "POST" else request.GET
        bar = self.filters(query, **self.filter_args(request))
        found = self._sorted(bar.apply(records), query)
        if request.method == "POST":
            return self._export(request, found)
        shown = self._context(request, bar, found)
        return render(request, template, {**shown, "saved_views": views, **context})

    def _context(self, request: PageRequest, bar: FilterForm, found: QuerySet[Any]) -> dict[str, Any]:
        printing = request.GET.get("print") == "1"
        pages = Paginator(found, _PRINT_LIMIT if printing else self.per_page)
        shown = pages.get_page(request.GET.get("page"))
        kept = request.GET.copy()
        kept.pop("page", None)
        kept.pop("print", None)
        conditions = [(c, _without(kept, c.name)) for c in bar.conditions()]
        return {
            "listing": self,
            "bar": bar,
            "page": shown,
            "page_range": pages.get_elided_page_range(shown.number, on_each_side=2, on_ends=1),
            "headings": self._headings(found.model, kept),
            "rows": [(row, [column.cell(row) for column in self.shown]) for row in shown.object_list],
            "kept": kept.urlencode(),
            "view_query": _asked(kept).urlencode(),
            "kept_items": [(k, v) for k, vs in kept.lists() for v in vs],
            "conditions": conditions,
            "filtered": bool(conditions),
            "sorted": "sort" in kept,
            "printing": printing,
        }

    @property
    def shown(self) -> list[ListColumn]:
        """The columns of the page; the export has all."""
        return [column for column in self.columns if column.listed]

    def _lookups(self, model: type[Any]) -> dict[str, ListColumn]:
        return {lookup: column for column in self.columns if (lookup := column.order_lookup(model))}

    def _sorted(self, records: QuerySet[Any], query: QueryDict) -> QuerySet[Any]:
        """Sorted as the query asks, if one of the columns offers it; equal rows keep a fixed order."""
        wanted = query.get("sort", "")
        lookup = wanted.removeprefix("-")
        if lookup not in self._lookups(records.model):
            return records
        return records.order_by(wanted, "-pk" if wanted.startswith("-") else "pk")

    def _headings(self, model: type[Any], kept: QueryDict) -> list[Heading]:
        now = kept.get("sort", "")
        headings = []
        for column in self.shown:
            lookup = column.order_lookup(model)
            asked = kept.copy()
            asked["sort"] = f"-{lookup}" if now == lookup else lookup
            direction = {lookup: "ascending", f"-{lookup}": "descending"}.get(now, "") if lookup else ""
            headings.append(Heading(column, asked.urlencode() if lookup else "", direction))
        return headings

    def _export(self, request: PageRequest, records: QuerySet[Any]) -> HttpResponse:
        if (amount := records.count()) > _EXPORT_LIMIT:
            messages.error(request, f"结果有 {amount:,} 条，一次最多导出 {_EXPORT_LIMIT:,} 条，请先筛选")
            return redirect(f"{request.path}?{_asked(request.POST).urlencode()}")
        columns = [
            SheetColumn(c.title, width=_WIDE if c.wide else _NARROW, kind=_SHEET_KINDS.get(c.kind, "text"))
            for c in self.columns
        ]
        sheet = Sheet(name=self.title, columns=columns, rows=self._rows(records))
        data = write_xlsx([sheet], at=request.at, constant_memory=True)
        after = {"list": self.key, "rows": amount, "filter": dict(_asked(request.POST).lists())}
        record(actor=request.actor, verb=Verb.EXPORTED, target=None, at=request.at, after=after, label=self.title)
        return download(data, f"{self.title}_{localtime(request.at):%Y%m%d}.xlsx", XLSX)

    def _rows(self, records: QuerySet[Any]) -> Iterator[list[object]]:
        for row in records.iterator(2000):
            yield [_plain(column, column.of(row)) for column in self.columns]


def _asked(query: QueryDict) -> QueryDict:
    """Only the filters and the sort of a query."""
    asked = query.copy()
    for name in _NOT_FILTERS:
        if name != "sort":
            asked.pop(name, None)
    return asked


def _without(query: QueryDict, name: str) -> str:
    """The query without one filter; `all` keeps the default view from coming back."""
    left = query.copy()
    left.pop(name, None)
    left["all"] = "1"
    return left.urlencode()


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
