"""Pages of people, organisations, calendar and trail."""

import calendar as months
from datetime import date

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.directory import logins
from midun.directory.forms import EnterpriseFilter, EnterpriseForm, LoginFilter, MemberFilter, TrailFilter
from midun.kernel.orgs.enums import OrganisationKind, Permission, Role
from midun.kernel.orgs.models import LoginRecord, Membership, Organisation
from midun.kernel.orgs.services import Stale, add_organisation, change_organisation
from midun.kernel.trail.models import Entry
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page
from midun.kernel.workflow.calendar import WorkCalendar, publish_year, set_day
from midun.kernel.workflow.models import CalendarYear


@page()
def account(request: PageRequest) -> HttpResponse:
    """The person's own memberships, second factor and logins."""
    recent = LoginRecord.objects.unscoped("the person's own logins").filter(user_id=request.actor.user_id)[:15]
    context = {"logins": recent, "factor": is_mfa_enabled(request.user)}
    return render(request, "directory/account.html", context)


ENTERPRISES = Listing(
    "enterprises",
    "企业名录",
    (
        ListColumn("企业名称", "name", link=lambda e: f"/directory/enterprises/{e.pk}/", wide=True),
        ListColumn("统一社会信用代码", "credit_code"),
        ListColumn("辖区", "jurisdiction.name"),
        ListColumn("规模", "get_size_display"),
        ListColumn("园区", "park", phone=False),
        ListColumn("联络点", lambda e: "联络点" if e.liaison_point else "", kind="badge", colour=lambda _e: "green"),
    ),
    EnterpriseFilter,
    empty="名录中还没有企业",
    empty_hint="登记走访、扫码签到时新出现的企业会自动加入，也可以逐个添加",
)


@page(Permission.READ_WORK, writes=True)
def enterprises(request: PageRequest) -> HttpResponse:
    """The enterprises of the actor's subtree."""
    found = Organisation.objects.visible_to(request.actor).enterprises().active().select_related("jurisdiction")
    may = request.actor.may(Permission.MANAGE_ENTERPRISES)
    buttons = [("新增企业", "/directory/enterprises/new/", "plus")] if may else []
    return ENTERPRISES.respond(request, found.order_by("name"), buttons=buttons)


@page(Permission.MANAGE_ENTERPRISES, writes=True)
def enterprise_new(request: PageRequest) -> HttpResponse:
    """Add an enterprise to the directory."""
    form = EnterpriseForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        kind = OrganisationKind.ENTERPRISE
        made = add_organisation(actor=request.actor, at=request.at, kind=kind, **form.values())
        messages.success(request, f"已加入名录：{made.name}")
        return redirect("directory:enterprise", made.pk)
    context = {"form": form, "title": "新增企业", "back": "/directory/enterprises/", "draft": "enterprise"}
    return render(request, "web/form.html", context)


@page(Permission.READ_WORK, writes=True)
def enterprise(request: PageRequest, number: int) -> HttpResponse:
    """One enterprise; POST changes it (with the version that was shown)."""
    known = Organisation.objects.visible_to(request.actor).enterprises().select_related("jurisdiction")
    found = get_object_or_404(known, pk=number)
    may = request.actor.may(Permission.MANAGE_ENTERPRISES)
    form = EnterpriseForm(request.POST or None, actor=request.actor, instance=get_object_or_404(known, pk=number))
    if request.method == "POST" and may and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            change_organisation(
                organisation=found, actor=request.actor, at=request.at, version=version, fields=form.values()
            )
        except Stale as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已保存")
            return redirect("directory:enterprise", found.pk)
    context = {"enterprise": found, "form": form if may else None, "entries": Entry.objects.about(found)}
    return render(request, "directory/enterprise.html", context)


PEOPLE = Listing(
    "people",
    "人员与身份",
    (
        ListColumn("姓名", "user.name"),
        ListColumn("登录名", "user.username"),
        ListColumn("单位", "organisation.name", wide=True),
        ListColumn("角色", "get_role_display", kind="badge", colour=lambda _m: "blue"),
        ListColumn("授予时间", "granted_at", kind="datetime", phone=False),
        ListColumn("操作", lambda _m: "查看", link=lambda m: f"/directory/people/{m.pk}/"),
    ),
    MemberFilter,
    empty="没有人员",
)


@page(Permission.GRANT_ROLES, writes=True)
def people(request: PageRequest) -> HttpResponse:
    """Current memberships in the security administrator's subtree."""
    found = Membership.objects.visible_to(request.actor).current().select_related("user", "organisation")
    return PEOPLE.respond(request, found.order_by("organisation__name", "user__name"))


@page(Permission.GRANT_ROLES, writes=True)
def person(request: PageRequest, number: int) -> HttpResponse:
    """One membership; POST `unlock` ends a lock of the login."""
    known = Membership.objects.visible_to(request.actor).select_related("user", "organisation")
    found = get_object_or_404(known, pk=number)
    if request.method == "POST" and "unlock" in request.POST:
        logins.unlock(user=found.user, actor=request.actor, at=request.at)
        messages.success(request, "已解除锁定")
        return redirect("directory:person", found.pk)
    until = logins.locked_until(found.user.username, request.at)
    context = {"member": found, "locked_until": until, "entries": Entry.objects.about(found)}
    return render(request, "directory/person.html", context)


LOGINS = Listing(
    "logins",
    "登录历史",
    (
        ListColumn("时间", "at", kind="datetime"),
        ListColumn("登录名", "username"),
        ListColumn("姓名", "user.name"),
        ListColumn(
            "结果", "get_outcome_display", kind="badge", colour=lambda r: "green" if r.outcome == "success" else "red"
        ),
        ListColumn("网络地址", "ip"),
        ListColumn("终端", "agent", phone=False),
    ),
    LoginFilter,
)


@page(Permission.READ_LOGINS, writes=True)
def login_history(request: PageRequest) -> HttpResponse:
    """Every attempt to log in, for the auditor."""
    return LOGINS.respond(request, LoginRecord.objects.visible_to(request.actor).select_related("user"))


TRAIL = Listing(
    "trail",
    "操作留痕",
    (
        ListColumn("序号", "seq", kind="integer", link=lambda e: f"/directory/trail/{e.seq}/"),
        ListColumn("时间", "at", kind="datetime"),
        ListColumn("单位", "organisation"),
        ListColumn("操作人", "user_name"),
        ListColumn("角色", lambda e: Role(e.role).label if e.role else ""),
        ListColumn("行为", "get_verb_display", kind="badge", colour=lambda _e: "blue"),
        ListColumn("对象", "target_label", wide=True),
        ListColumn("理由", "reason", phone=False),
        ListColumn("摘要", "digest", phone=False),
    ),
    TrailFilter,
    per_page=50,
)


def _entries(request: PageRequest):  # type: ignore[no-untyped-def]  # a query set of entries
    """Acts in the auditor's subtree, and those of nobody in particular (logins, the platform itself)."""
    return Entry.objects.filter(Q(path__startswith=request.actor.path) | Q(path="")).order_by("-seq")


@page(Permission.READ_TRAIL, writes=True)
def trail(request: PageRequest) -> HttpResponse:
    """The trail, for the auditor; the export is itself recorded."""
    return TRAIL.respond(request, _entries(request))


@page(Permission.READ_TRAIL)
def entry(request: PageRequest, number: int) -> HttpResponse:
    """One entry, with before and after."""
    found = get_object_or_404(_entries(request), seq=number)
    return render(request, "directory/entry.html", {"entry": found})


class DayForm(forms.Form):
    """One day of the calendar, or the publication of a year."""

    day = forms.DateField(required=False)
    kind = forms.ChoiceField(choices=[("work", "上班"), ("rest", "休息"), ("rule", "按周一至周五")], required=False)
    note = forms.CharField(max_length=60, required=False)
    source = forms.CharField(max_length=120, required=False)


@page(Permission.MANAGE_SETTINGS, writes=True)
def work_calendar(request: PageRequest, year: int | None = None) -> HttpResponse:
    """A year of working days; POST sets a day or publishes the year."""
    year = year or localdate(request.at).year
    form = DayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data, more = form.cleaned_data, {"actor": request.actor, "at": request.at}
        if data["source"]:
            publish_year(year=year, source=data["source"], **more)
        elif data["day"]:
            working = {"work": True, "rest": False}.get(data["kind"])
            set_day(day=data["day"], is_working=working, note=data["note"], **more)
        messages.success(request, "已保存")
        return redirect("directory:calendar-year", year)
    works = WorkCalendar()
    weeks = months.Calendar(firstweekday=0)
    shown = [
        (
            m,
            [
                [(d, works.is_working(d)) if d.month == m else None for d in week]
                for week in weeks.monthdatescalendar(year, m)
            ],
        )
        for m in range(1, 13)
    ]
    published = CalendarYear.objects.unscoped("public table").filter(year=year).first()
    context = {
        "year": year,
        "months": shown,
        "published": published,
        "today": localdate(request.at),
        "first": date(year, 1, 1),
    }
    return render(request, "directory/calendar.html", context)


@page(Permission.MANAGE_ORGANISATIONS, writes=True)
def units(request: PageRequest) -> HttpResponse:
    """The tree of authority with the organisations at each node."""
    return UNITS.respond(request, _units(request))


def _units(request: PageRequest):  # type: ignore[no-untyped-def]  # a query set of organisations
    known = Organisation.objects.visible_to(request.actor).exclude(kind=OrganisationKind.ENTERPRISE)
    return known.select_related("jurisdiction").order_by("jurisdiction__path")


UNITS = Listing(
    "units",
    "单位与辖区",
    (
        ListColumn("单位", lambda o: "　" * (o.jurisdiction.level - 1) + o.name, wide=True),
        ListColumn("类型", "get_kind_display", kind="badge", colour=lambda _o: "blue"),
        ListColumn("辖区", "jurisdiction.name"),
        ListColumn("层级", "jurisdiction.get_level_display"),
        ListColumn("行政区划代码", lambda o: o.jurisdiction.division_code or "（无）"),
    ),
    EnterpriseFilter,
)
