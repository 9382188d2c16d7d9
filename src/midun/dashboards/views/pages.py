"""The desk and the big screen."""

from datetime import date

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from midun.campaigns.models import Campaign, CampaignState
from midun.dashboards import progress
from midun.dashboards.desk import done, month, running
from midun.dashboards.fresh import fresh
from midun.dashboards.roles import desk_of
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics.figures import Scope
from midun.kernel.web.menu import MenuItem, menu_for, quick_for
from midun.kernel.web.page import PageRequest, page
from midun.kernel.web.todos import todos_for

_NOTICES, _FRESH, _SHOWN, _TILES = 5, 15, 8, 4


def _tiles(actor: Actor) -> list[MenuItem]:
    """The quick entries, filled up with entries of the menu where a role has few."""
    quick = quick_for(actor)
    others = [item for _, items in menu_for(actor) for item in items if item.url_name != "dashboards:desk"]
    return [*quick, *(item for item in others if item not in quick)][: max(_TILES, len(quick))]


@page()
def desk(request: PageRequest) -> HttpResponse:
    """What the person should do, did, and may enter quickly."""
    actor, today = request.actor, localdate(request.at)
    todos = todos_for(actor, today)
    context = {
        "words": desk_of(actor.role),
        "tiles": _tiles(actor),
        "todos": todos[:_SHOWN],
        "more_todos": todos[_SHOWN:],
        "todo_count": len(todos),
        "today": today,
        "overdue": sum(t.is_overdue(today) for t in todos),
        "done": done(actor),
        "notices": Notice.objects.visible_to(actor).unread()[:_NOTICES],
        "month": month(running(actor), today),
    }
    return render(request, "dashboards/desk.html", context)


@page(Permission.READ_WORK)
def desk_figures(request: PageRequest) -> HttpResponse:
    """The figures of the running campaign for the actor's own subtree, loaded after the desk itself."""
    campaign, path = running(request.actor), request.actor.path
    if campaign is None:
        raise Http404
    items, as_of = fresh(
        f"desk-figures:{campaign.pk}:{path}",
        lambda: progress.items(campaign, Scope(path)),
        seconds=_FRESH,
        at=request.at,
    )
    return render(request, "dashboards/_figures.html", {"items": items, "campaign": campaign, "as_of": as_of})


def _campaign(request: PageRequest, number: int | None) -> Campaign | None:
    known = Campaign.objects.visible_to(request.actor).exclude(state=CampaignState.DRAFT)
    if number is not None:
        found: Campaign = get_object_or_404(known.select_related("organiser"), pk=number)
        return found
    return running(request.actor) or known.select_related("organiser").first()


@page(Permission.READ_BOARD)
def board(request: PageRequest, number: int | None = None) -> HttpResponse:
    """The big screen of a campaign (the running one by default)."""
    campaign = _campaign(request, number)
    others = Campaign.objects.visible_to(request.actor).exclude(state=CampaignState.DRAFT)
    return render(request, "dashboards/board.html", {"campaign": campaign, "campaigns": others})


@page(Permission.READ_BOARD)
def board_data(request: PageRequest, number: int) -> HttpResponse:
    """Everything the big screen shows, as JSON; at most `_FRESH` seconds old."""
    campaign = _campaign(request, number)
    if campaign is None:
        raise Http404
    key, actor, today = f"board:{campaign.pk}:{request.actor.path}", request.actor, localdate(request.at)
    data, as_of = fresh(key, lambda: _collect(campaign, actor, today), seconds=_FRESH, at=request.at)
    return JsonResponse({**data, "as_of": f"{localtime(as_of):%Y-%m-%d %H:%M:%S}"})


def _collect(campaign: Campaign, actor: Actor, today: date) -> dict[str, object]:
    units_url = reverse("dashboards:units", args=(campaign.pk,))
    return {
        "items": [
            {
                "number": item.number,
                "label": item.label,
                "numbers": [
                    {"label": n.label, "unit": n.unit, "value": n.value, "part": n.part, "url": _table(campaign, n)}
                    for n in item.numbers
                ],
            }
            for item in progress.items(campaign, Scope(actor.path))
        ],
        "units": [
            {"name": u.name, "planned": u.planned, "done": u.done, "share": u.share, "events": u.events}
            | {"visits": u.visits, "stage": u.stage, "url": f"{units_url}#unit-{u.unit_id}"}
            for u in progress.by_unit(campaign, actor)
        ],
        "days": [
            {"day": day.isoformat(), "events": events, "visits": visits}
            for day, events, visits in progress.by_day(campaign, actor, until=today)
        ],
        "latest": [
            {"day": f"{i.day:%m-%d}", "kind": i.kind, "unit": i.unit, "text": i.text, "url": i.url}
            for i in progress.latest(campaign, actor)
        ],
    }


def _table(campaign: Campaign, number: progress.Number) -> str:
    return reverse("dashboards:figure", args=(campaign.pk, number.name))
