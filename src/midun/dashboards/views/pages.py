"""The desk and the big screen."""

from datetime import date

from django.core.cache import cache
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import localdate, localtime

from midun.campaigns.models import Campaign, CampaignState
from midun.dashboards import progress
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics.figures import Scope
from midun.kernel.trail.models import Entry
from midun.kernel.web.page import PageRequest, page
from midun.kernel.web.todos import todos_for
from midun.kernel.workflow.calendar import WorkCalendar

_DONE, _NOTICES, _FRESH = 20, 6, 20


def _running(actor: Actor) -> Campaign | None:
    found: Campaign | None = Campaign.objects.visible_to(actor).current().select_related("organiser").first()
    return found


def _calendar_warning(actor: Actor, today: date) -> str:
    """From November on the next year's holidays should be entered (the State Council usually publishes then)."""
    if not actor.may(Permission.MANAGE_SETTINGS):
        return ""
    ahead = WorkCalendar().add(today, 30)
    return ahead.warning


@page()
def desk(request: PageRequest) -> HttpResponse:
    """What the person should do, did, and may enter quickly."""
    actor, today = request.actor, localdate(request.at)
    todos = todos_for(actor, today)
    campaign = _running(actor)
    context = {
        "todos": todos,
        "today": today,
        "overdue": sum(t.is_overdue(today) for t in todos),
        "done": Entry.objects.filter(membership_id=actor.membership_id).order_by("-seq")[:_DONE],
        "notices": Notice.objects.visible_to(actor).unread()[:_NOTICES],
        "campaign": campaign,
        "days_left": (campaign.end - today).days if campaign else None,
        "calendar_warning": _calendar_warning(actor, today),
    }
    return render(request, "dashboards/desk.html", context)


@page(Permission.READ_WORK)
def desk_figures(request: PageRequest) -> HttpResponse:
    """The 17 figures of the running campaign for the actor's own subtree, loaded after the desk itself."""
    campaign = _running(request.actor)
    if campaign is None:
        raise Http404
    key = f"desk-figures:{campaign.pk}:{request.actor.path}"
    numbers = cache.get(key)
    if numbers is None:
        found = progress.numbers(Scope(request.actor.path), progress.period_of(campaign))
        numbers = [(n.figure.name, n.figure.label, n.value, n.figure.unit) for n in found]
        cache.set(key, numbers, _FRESH)
    return render(request, "dashboards/_figures.html", {"numbers": numbers, "campaign": campaign})


def _campaign(request: PageRequest, number: int | None) -> Campaign | None:
    if number is not None:
        known = Campaign.objects.visible_to(request.actor)
        found: Campaign = get_object_or_404(known.select_related("organiser"), pk=number)
        return found
    return (
        _running(request.actor) or Campaign.objects.visible_to(request.actor).exclude(state=CampaignState.DRAFT).first()
    )


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
    key = f"board:{campaign.pk}:{request.actor.path}"
    data = cache.get(key)
    if data is None:
        data = _collect(campaign, request)
        cache.set(key, data, _FRESH)
    return JsonResponse(data)


def _collect(campaign: Campaign, request: PageRequest) -> dict[str, object]:
    actor = request.actor
    scope, period = Scope(actor.path), progress.period_of(campaign)
    units = progress.by_unit(campaign, actor)
    return {
        "as_of": f"{localtime(request.at):%Y-%m-%d %H:%M:%S}",
        "figures": [
            {
                "name": n.figure.name,
                "label": n.figure.label,
                "unit": n.figure.unit,
                "value": n.value,
                "url": reverse("dashboards:figure", args=(campaign.pk, n.figure.name)),
            }
            for n in progress.numbers(scope, period)
        ],
        "units": [
            {
                "name": u.name,
                "planned": u.planned,
                "done": u.done,
                "events": u.events,
                "visits": u.visits,
                "stage": u.stage,
            }
            for u in units
        ],
        "units_url": reverse("dashboards:units", args=(campaign.pk,)),
        "days": [
            {"day": day.isoformat(), "events": events, "visits": visits}
            for day, events, visits in progress.by_day(campaign, actor, until=localdate(request.at))
        ],
        "days_url": reverse("dashboards:days", args=(campaign.pk,)),
        "latest": [
            {"day": f"{i.day:%m-%d}", "kind": i.kind, "unit": i.unit, "text": i.text, "url": i.url}
            for i in progress.latest(campaign, actor)
        ],
    }
