"""The table behind each tile of the big screen."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate

from midun.campaigns.models import Campaign
from midun.dashboards import progress
from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Scope
from midun.kernel.web.drill import shown
from midun.kernel.web.page import PageRequest, page

_LATEST = 50


def _find(request: PageRequest, number: int) -> Campaign:
    found: Campaign = get_object_or_404(Campaign.objects.visible_to(request.actor), pk=number)
    return found


@page(Permission.READ_WORK)
def figure(request: PageRequest, number: int, name: str) -> HttpResponse:
    """The records a figure counted in the actor's own subtree."""
    campaign = _find(request, number)
    try:
        found = figures.get(name)
    except figures.UnknownFigure:
        raise Http404 from None
    parts = shown(found.parts(Scope(request.actor.path), progress.period_of(campaign)), request.GET)
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


@page(Permission.READ_BOARD)
def latest(request: PageRequest, number: int) -> HttpResponse:
    """The newest records as a table."""
    campaign = _find(request, number)
    rows = progress.latest(campaign, request.actor, limit=_LATEST)
    return render(request, "dashboards/latest.html", {"campaign": campaign, "rows": rows})
