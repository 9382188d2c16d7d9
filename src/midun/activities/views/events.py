"""The event: list, page, form."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate

from midun.activities.forms import ActivityFilter, ActivityForm, FilesForm, OpenForm, default_close
from midun.activities.models import Activity, Participation, SignIn
from midun.activities.services import attachments, events, own
from midun.activities.views.found import find, find_ours, is_ours
from midun.activities.views.shown import people_shown
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Stale
from midun.kernel.trail.models import Entry
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page

LISTING = Listing(
    "activities",
    "活动",
    (
        ListColumn("活动名称", "title", link=lambda a: a.get_absolute_url(), wide=True),
        ListColumn("日期", "day", kind="date"),
        ListColumn("类型", "get_kind_display", kind="badge", colour=lambda _a: "blue"),
        ListColumn("单位", "unit.label", sort="unit__name"),
        ListColumn("地点", "place", phone=False),
        ListColumn("人数", "people", kind="integer", phone=False),
        ListColumn("材料（份）", "materials", kind="integer", phone=False),
        ListColumn(
            "门户", lambda a: "已上线" if a.is_public else "", kind="badge", colour=lambda _a: "green", phone=False
        ),
    ),
    ActivityFilter,
    empty="还没有登记活动",
    empty_hint="宣传、座谈、培训等都在这里登记；一分钟登记，事后再补充名单和照片",
)


def _people() -> Combinable:
    """Those in the list of an event and those counted without one; asked only for the rows that are shown."""
    listed = Participation.objects.unscoped("counted per event").filter(activity=OuterRef("pk"), counts=True)
    counted = listed.order_by().values("activity").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0) + F("headcount_extra")


@page(Permission.READ_WORK, writes=True)
def activities(request: PageRequest) -> HttpResponse:
    """The list."""
    found = Activity.objects.visible_to(request.actor).select_related("unit").annotate(people=_people())
    may = request.actor.may(Permission.RECORD_WORK)
    buttons = [("登记活动", reverse("activities:new"), "plus")] if may else []
    return LISTING.respond(request, found, buttons=buttons)


@page(Permission.RECORD_WORK, writes=True)
def new(request: PageRequest) -> HttpResponse:
    """The quick form."""
    initial = {"day": localdate(request.at), "plan_line": request.GET.get("plan_line")}
    form = ActivityForm(request.POST or None, request.FILES or None, actor=request.actor, initial=initial)
    if request.method == "POST" and form.is_valid():
        unit = get_object_or_404(Organisation.objects.visible_to(request.actor), pk=request.actor.organisation_id)
        made = events.add(unit=unit, actor=request.actor, at=request.at, **form.values())
        _keep_files(request, made, form)
        messages.success(request, "已登记。可以开放扫码签到，或补充参会名单。")
        return redirect(made)
    back = reverse("activities:activities")
    return render(request, "activities/form.html", {"form": form, "title": "登记活动", "back": back})


def _keep_files(request: PageRequest, activity: Activity, form: ActivityForm) -> None:
    for name, kind in (("uploads", None), ("sheets", Attachment.Kind.SIGN_IN_SHEET)):
        files = form.cleaned_data[name]
        attachments.add_files(activity, files=files, kind=kind, actor=request.actor, at=request.at)


@page(Permission.READ_WORK)
def activity(request: PageRequest, number: int) -> HttpResponse:
    """One event with its people, files and trail."""
    found = find(request, number)
    door = SignIn.objects.visible_to(request.actor).filter(activity=found).first()
    ours = is_ours(request, found)
    context = {
        "activity": found,
        **people_shown(request, found),
        "door": door,
        "door_address": settings.MIDUN_BASE_URL + door.path if door else "",
        "door_open": door is not None and door.is_open(request.at),
        "open_form": OpenForm(initial={"closes_at": default_close(found, request.at)}),
        "files_form": FilesForm(),
        "attachments": Attachment.objects.of(found),
        "entries": Entry.objects.about(found).order_by("-seq")[:30],
        "ours": ours and found.voided_at is None,
        "may_restore": ours and found.voided_at is not None,
        "may_publish": request.actor.may(Permission.PUBLISH) and found.voided_at is None,
    }
    return render(request, "activities/activity.html", context)


@page(Permission.RECORD_WORK, writes=True)
def edit(request: PageRequest, number: int) -> HttpResponse:
    """Change an event of one's own unit. Of two who edit at once the second is shown both versions, losing nothing."""
    found = find_ours(request, number)
    shown = find_ours(request, number)
    form = ActivityForm(request.POST or None, request.FILES or None, actor=request.actor, instance=shown)
    context: dict[str, Any] = {"form": form, "title": "修改活动", "back": found.get_absolute_url()}
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            events.change(found, version=version, actor=request.actor, at=request.at, fields=form.values())
            _keep_files(request, found, form)
        except Stale:
            context |= _both(form, find(request, number))
        except own.Voided as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已保存")
            return redirect(found)
    return render(request, "activities/form.html", context)


def _both(form: ActivityForm, now: Activity) -> dict[str, Any]:
    """Who was faster, and where what was typed differs from what stands there now."""
    form.show_again(now.version)
    typed = Activity(**form.values())
    fields = [Activity._meta.get_field(name) for name in form.values()]
    differing = [
        (form[f.name].label, _shown(typed, f.name), _shown(now, f.name))
        for f in fields
        if typed.serializable_value(f.name) != now.serializable_value(f.name)
    ]
    return {"faster": Entry.objects.about(now).order_by("-seq").first(), "differing": differing}


def _shown(activity: Activity, name: str) -> str:
    display = getattr(activity, f"get_{name}_display", None)
    value = display() if display else getattr(activity, name)
    return "（空）" if value in (None, "") else str(value)
