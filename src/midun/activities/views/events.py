"""The event: list, page, form, void, portal."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.activities.forms import ActivityFilter, ActivityForm, OpenForm, PeopleForm, PersonForm, default_close
from midun.activities.models import Activity, Certificate, Participation, SignIn
from midun.activities.services import events
from midun.activities.views.found import find, find_ours, is_ours
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Stale
from midun.kernel.trail.models import Entry
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page

LISTING = Listing(
    "activities",
    "活动",
    (
        ListColumn("活动名称", "title", link=lambda a: a.get_absolute_url(), wide=True),
        ListColumn("日期", "day", kind="date"),
        ListColumn("类型", "get_kind_display", kind="badge", colour=lambda _a: "blue"),
        ListColumn("单位", "unit.label"),
        ListColumn("地点", "place", phone=False),
        ListColumn("材料（份）", "materials", kind="integer", phone=False),
        ListColumn("门户", lambda a: "已上线" if a.is_public else "", kind="badge", colour=lambda _a: "green"),
    ),
    ActivityFilter,
    empty="还没有登记活动",
    empty_hint="宣传、座谈、培训等都在这里登记；一分钟登记，事后再补充名单和照片",
)


@page(Permission.READ_WORK, writes=True)
def activities(request: PageRequest) -> HttpResponse:
    """The list."""
    found = Activity.objects.visible_to(request.actor).live().select_related("unit")
    may = request.actor.may(Permission.RECORD_WORK)
    return LISTING.respond(request, found, buttons=[("登记活动", "/activities/new/", "plus")] if may else [])


@page(Permission.RECORD_WORK, writes=True)
def new(request: PageRequest) -> HttpResponse:
    """The quick form."""
    initial = {"day": localdate(request.at), "plan_line": request.GET.get("plan_line")}
    form = ActivityForm(request.POST or None, request.FILES or None, actor=request.actor, initial=initial)
    if request.method == "POST" and form.is_valid():
        unit = get_object_or_404(Organisation.objects.visible_to(request.actor), pk=request.actor.organisation_id)
        uploads = form.cleaned_data["uploads"]
        made = events.add(unit=unit, actor=request.actor, at=request.at, files=uploads, **form.values())
        messages.success(request, "已登记。可以开放扫码签到，或补充参会名单。")
        return redirect(made)
    return render(request, "activities/form.html", {"form": form, "title": "登记活动", "back": "/activities/"})


@page(Permission.READ_WORK)
def activity(request: PageRequest, number: int) -> HttpResponse:
    """One event with its people, files and trail."""
    found = find(request, number)
    entries = Participation.objects.unscoped("reached through its event").filter(activity=found)
    people = entries.filter(voided_at__isnull=True).select_related("enterprise").order_by("number")
    certificates = Certificate.objects.visible_to(request.actor).filter(
        participation__activity=found, revoked_at__isnull=True
    )
    door = SignIn.objects.visible_to(request.actor).filter(activity=found).first()
    context = {
        "activity": found,
        "people": people,
        "certificates": {c.participation_id: c for c in certificates},
        "unmatched": sum(p.is_unmatched for p in people),
        "door": door,
        "door_open": door is not None and door.is_open(request.at),
        "open_form": OpenForm(initial={"closes_at": default_close(found, request.at)}),
        "person_form": PersonForm(),
        "people_form": PeopleForm(),
        "attachments": Attachment.objects.of(found),
        "entries": Entry.objects.about(found),
        "ours": is_ours(request, found) and found.voided_at is None,
        "may_restore": is_ours(request, found) and found.voided_at is not None,
        "may_publish": request.actor.may(Permission.PUBLISH) and found.voided_at is None,
    }
    return render(request, "activities/activity.html", context)


@page(Permission.RECORD_WORK, writes=True)
def edit(request: PageRequest, number: int) -> HttpResponse:
    """Change an event of one's own unit."""
    found = find_ours(request, number)
    shown = find_ours(request, number)
    form = ActivityForm(request.POST or None, request.FILES or None, actor=request.actor, instance=shown)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            events.change(
                found,
                version=data["version"],
                actor=request.actor,
                at=request.at,
                fields=form.values(),
                files=data["uploads"],
            )
        except (Stale, events.Voided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已保存")
            return redirect(found)
    return render(
        request, "activities/form.html", {"form": form, "title": "修改活动", "back": found.get_absolute_url()}
    )


@page(Permission.RECORD_WORK, writes=True)
def void(request: PageRequest, number: int) -> HttpResponse:
    """Void an event with a reason."""
    found = find_ours(request, number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"][:300]
        try:
            events.void(found, version=found.version, reason=reason, actor=request.actor, at=request.at)
        except (Stale, events.Voided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已作废，不再计入统计")
            return redirect(found)
    context = {"form": form, "title": f"作废：{found}", "submit": "作废", "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.RECORD_WORK, writes=True)
def restore(request: PageRequest, number: int) -> HttpResponse:
    """Take a voiding back with a reason."""
    found = find_ours(request, number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"][:300]
        try:
            events.restore(found, version=found.version, reason=reason, actor=request.actor, at=request.at)
        except Stale as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已恢复，重新计入统计")
            return redirect(found)
    context = {"form": form, "title": f"恢复：{found}", "submit": "恢复", "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.PUBLISH, writes=True)
def portal(request: PageRequest, number: int) -> HttpResponse:
    """Put an event on the portal (`show=1`) or take it off."""
    found = find(request, number)
    if request.method == "POST":
        show = request.POST.get("show") == "1"
        try:
            events.put_on_portal(found, show=show, actor=request.actor, at=request.at)
            messages.success(request, "已上线，公众可见名称、日期、地点和单位" if show else "已下线")
        except (Stale, events.Voided) as error:
            messages.error(request, str(error))
    return redirect(found)


@page(Permission.RECORD_WORK, writes=True)
def use_file(request: PageRequest, number: int, file: int) -> HttpResponse:
    """Say whether a file goes with the event onto the portal, and into the summary report."""
    found = find_ours(request, number)
    attachment = get_object_or_404(Attachment.objects.of(found), pk=file)
    if request.method == "POST":
        public, in_report = (name in request.POST for name in ("public", "in_report"))
        events.use_file(
            found, attachment=attachment, public=public, in_report=in_report, actor=request.actor, at=request.at
        )
    return redirect(found)
