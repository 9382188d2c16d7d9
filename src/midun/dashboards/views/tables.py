"""The table behind each tile of the big screen."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate

from midun.campaigns.models import Campaign
from midun.dashboards import progress
from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Part, Scope
from midun.kernel.web.page import PageRequest, page

_PER_PAGE = 50


@dataclass(frozen=True)
class ShownPart:
    """A part of a figure with one page of its records as rows of cells."""

    part: Part
    value: int
    page: "Page[Any]"
    rows: list[tuple[str, list[object]]]


def _find(request: PageRequest, number: int) -> Campaign:
    found: Campaign = get_object_or_404(Campaign.objects.visible_to(request.actor), pk=number)
    return found


def _shown(part: Part, number: str | None) -> ShownPart:
    page_ = Paginator(part.listed(), _PER_PAGE).get_page(number)
    rows = [(_address(record), [column.of(record) for column in part.columns]) for record in page_.object_list]
    return ShownPart(part, part.value(), page_, rows)


def _address(record: Any) -> str:
    return str(record.get_absolute_url()) if hasattr(record, "get_absolute_url") else ""


@page(Permission.READ_WORK)
def figure(request: PageRequest, number: int, name: str) -> HttpResponse:
    """The records a figure counted in the actor's own subtree."""
    campaign = _find(request, number)
    try:
        found = figures.get(name)
    except figures.UnknownFigure:
        raise Http404 from None
    parts = [
        _shown(part, request.GET.get("page"))
        for part in found.parts(Scope(request.actor.path), progress.period_of(campaign))
    ]
    context = {"figure": found, "parts": parts, "campaign": campaign, "total": sum(p.value for p in parts)}
    return render(request, "dashboards/figure.html", context)


@page(Permission.READ_BOARD)
def units(request: PageRequest, number: int) -> HttpResponse:
    """Progress by unit as a table."""
    campaign = _find(request, number)
    rows = progress.by_unit(campaign, request.actor)
    return render(request, "dashboards/units.html", {"campaign": campaign, "rows": rows})


@page(Permission.READ_BOARD)
def days(request: PageRequest, number: int) -> HttpResponse:
    """Events and visits by day as a table."""
    campaign = _find(request, number)
    rows = progress.by_day(campaign, request.actor, until=localdate(request.at))
    return render(request, "dashboards/days.html", {"campaign": campaign, "rows": rows})
