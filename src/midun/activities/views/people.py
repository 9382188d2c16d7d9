"""Participants: entered, matched, voided, printed."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime

from midun.activities.forms import PeopleForm, PersonForm
from midun.activities.kinds import Method
from midun.activities.models import Activity, Participation
from midun.activities.people import from_file, from_text
from midun.activities.services import events, matching, participants
from midun.activities.views.found import find, find_ours, find_person
from midun.kernel.documents.table import PrintColumn, PrintTable, table_pdf
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import download
from midun.kernel.web.page import PageRequest, page
from midun.lib.sheets import SheetError


@page(Permission.RECORD_WORK, writes=True)
def add_person(request: PageRequest, number: int) -> HttpResponse:
    """Enter one participant."""
    found = find_ours(request, number)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = participants.add_person(found, person=form.person(), actor=request.actor, at=request.at)
        except (participants.AlreadyListed, events.Voided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"已登记第 {made.number} 号 {made.person_name}")
            return redirect(found)
    context = {"form": form, "title": "登记参会人员", "back": found.get_absolute_url(), "submit": "登记"}
    return render(request, "web/form.html", context)


@page(Permission.RECORD_WORK, writes=True)
def add_people(request: PageRequest, number: int) -> HttpResponse:
    """Enter a list: shown first with what is wrong, entered with `confirm` when nothing is."""
    found = find_ours(request, number)
    form = PeopleForm(request.POST or None, request.FILES or None)
    given = []
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            given = from_file(upload.read(), upload.name) if upload else from_text(form.cleaned_data["text"])
        except SheetError as error:
            form.add_error(None, str(error))
    wrong = [g for g in given if g.problems]
    if given and not wrong and "confirm" in request.POST:
        method = Method.EXCEL if form.cleaned_data["file"] else Method.PASTE
        people = [g.person() for g in given]
        added = participants.add_people(found, people=people, method=method, actor=request.actor, at=request.at)
        messages.success(request, f"新增 {added.new} 人，已在名单中的 {added.known} 人没有重复登记")
        return redirect(found)
    text = "\n".join("\t".join(g.texts.values()) for g in given)
    if given and text:
        head = "\t".join(given[0].texts)
        form = PeopleForm(initial={"text": f"{head}\n{text}"})
    context = {"form": form, "activity": found, "given": given, "wrong": wrong}
    return render(request, "activities/people.html", context)


@page(Permission.RECORD_WORK, writes=True)
def match(request: PageRequest, number: int, person: int) -> HttpResponse:
    """Say which enterprise an entry means."""
    found = find_ours(request, number)
    entry = find_person(found, person)
    if request.method == "POST":
        return _match(request, found, entry)
    query = request.GET.get("q", entry.enterprise_name)
    choices = matching.suggest_enterprises(request.actor, query)
    context = {"activity": found, "entry": entry, "query": query, "choices": choices}
    return render(request, "activities/match.html", context)


def _match(request: PageRequest, activity: Activity, entry: Participation) -> HttpResponse:
    chosen = request.POST.get("enterprise", "")
    enterprise = None
    if chosen != "none":
        known = Organisation.objects.visible_to(request.actor).enterprises()
        enterprise = known.filter(Q(pk=int(chosen)) if chosen.isdigit() else Q(pk__in=())).first()
        if enterprise is None:
            messages.error(request, "请选择一家企业")
            return redirect("activities:match", activity.pk, entry.pk)
    try:
        count = participants.match(entry, enterprise=enterprise, alike=True, actor=request.actor, at=request.at)
        messages.success(request, f"已核对 {count} 人")
    except participants.AlreadyVoided as error:
        messages.error(request, str(error))
    return redirect(activity)


@page(Permission.RECORD_WORK, writes=True)
def void_person(request: PageRequest, number: int, person: int) -> HttpResponse:
    """Void an entry with a reason."""
    found = find_ours(request, number)
    entry = find_person(found, person)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"][:300]
        try:
            participants.void_participation(entry, reason=reason, actor=request.actor, at=request.at)
            messages.success(request, "已作废，不再计入人次")
        except participants.AlreadyVoided as error:
            messages.error(request, str(error))
        return redirect(found)
    context = {"form": form, "title": f"作废参会记录：{entry}", "submit": "作废", "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.READ_WORK)
def sheet(request: PageRequest, number: int) -> HttpResponse:
    """The sign-in list with a signature column, as PDF."""
    found = find(request, number)
    entries = Participation.objects.unscoped("reached through its event").filter(activity=found, voided_at=None)
    columns = (
        PrintColumn("序号", 12, centred=True),
        PrintColumn("单位"),
        PrintColumn("姓名", 24, centred=True),
        PrintColumn("职务", 26, centred=True),
        PrintColumn("联系电话", 32, centred=True),
        PrintColumn("签名", 30, centred=True),
    )
    rows = [
        (p.number, p.enterprise.name if p.enterprise else p.enterprise_name, p.person_name, p.title, p.phone, "")
        for p in entries.select_related("enterprise").order_by("number")
    ]
    when = f"{found.day.year}年{found.day.month}月{found.day.day}日　{found.place}"
    table = PrintTable(
        ["签到表", found.title],
        columns,
        rows,
        subtitle=f"{found.unit}　{when}",
        blank_rows=max(5, 20 - len(rows)),
        row_pad=2.6,
    )
    pdf = table_pdf(table, at=request.at)
    return download(pdf, f"签到表_{found.title[:30]}_{localtime(request.at):%Y%m%d}.pdf", "application/pdf")
