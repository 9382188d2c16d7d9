"""Participants: entered, matched, voided, printed."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime

from midun.activities.forms import NewEnterpriseForm, PeopleForm, PersonForm
from midun.activities.kinds import Method
from midun.activities.models import Activity, Participation
from midun.activities.people import COLUMNS, Given, from_file, from_text
from midun.activities.services import matching, own, participants
from midun.activities.views.found import find, find_ours, find_person
from midun.kernel.documents.table import PrintColumn, PrintTable, table_pdf
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import XLSX, download
from midun.kernel.web.page import PageRequest, page
from midun.lib.sheets import Column, Sheet, SheetError, write_xlsx

_SAMPLE = ("李晓明", "示例科技有限公司", "", "13800000000", "法务经理")
_BLANK_ROWS, _LEAST_ROWS = 5, 20


@page(Permission.RECORD_WORK, writes=True)
def add_person(request: PageRequest, number: int) -> HttpResponse:
    """Enter one participant; “保存并再登记一人” stays on the page."""
    found = find_ours(request, number)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = participants.add_person(found, person=form.person(), actor=request.actor, at=request.at)
        except (participants.AlreadyListed, own.Voided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"已登记第 {made.number} 号 {made.person_name}")
            return redirect(request.path if "again" in request.POST else found.get_absolute_url())
    return render(request, "activities/person.html", {"form": form, "activity": found})


@page(Permission.RECORD_WORK, writes=True)
def add_people(request: PageRequest, number: int) -> HttpResponse:
    """Enter a list: shown first with what is wrong, entered with `confirm` when nothing is."""
    found = find_ours(request, number)
    form = PeopleForm(request.POST or None, request.FILES or None)
    given: Sequence[Given] = ()
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            given = from_file(upload.read(), upload.name) if upload else from_text(form.cleaned_data["text"])
        except SheetError as error:
            form.add_error("file" if upload else "text", str(error))
    wrong = [g for g in given if g.problems]
    if given and not wrong and "confirm" in request.POST:
        return _enter_list(request, found, form, given)
    if given:
        form = _kept(form, given)
    context = {"form": form, "activity": found, "given": given, "wrong": wrong, "columns": COLUMNS}
    return render(request, "activities/people.html", context)


def _enter_list(request: PageRequest, activity: Activity, form: PeopleForm, given: Sequence[Given]) -> HttpResponse:
    excel = form.cleaned_data["file"] or form.cleaned_data["source"] == Method.EXCEL
    people = [g.person() for g in given]
    try:
        added = participants.add_people(
            activity, people=people, method=Method.EXCEL if excel else Method.PASTE, actor=request.actor, at=request.at
        )
        known = f"，已在名单中的 {added.known} 人没有重复登记" if added.known else ""
        messages.success(request, f"新增 {added.new} 人{known}")
    except own.Voided as error:
        messages.error(request, str(error))
    return redirect(activity)


def _kept(form: PeopleForm, given: Sequence[Given]) -> PeopleForm:
    """The list as text, for correcting and confirming on the page, also when it came as a file."""
    lines = ["\t".join(COLUMNS), *("\t".join(g.texts.values()) for g in given)]
    source = Method.EXCEL if form.cleaned_data["file"] else form.cleaned_data["source"]
    return PeopleForm(initial={"text": "\n".join(lines), "source": source})


@page(Permission.RECORD_WORK)
def people_template(request: PageRequest, number: int) -> HttpResponse:
    """An empty list to fill in, with one sample row."""
    find_ours(request, number)
    columns = [Column(title=title, width=26.0 if title != "姓名" else 14.0) for title in COLUMNS]
    data = write_xlsx([Sheet(name="参会名单", columns=columns, rows=[_SAMPLE])], at=request.at)
    return download(data, "参会名单模板.xlsx", XLSX)


@page(Permission.RECORD_WORK, writes=True)
def match(request: PageRequest, number: int, person: int) -> HttpResponse:
    """Say which enterprise an entry means: one of the directory, a new one, or none."""
    found = find_ours(request, number)
    entry = find_person(found, person)
    form = NewEnterpriseForm(initial={"name": entry.enterprise_name, "credit_code": entry.credit_code})
    if request.method == "POST":
        form = NewEnterpriseForm(request.POST)
        if answer := _match(request, entry, form):
            return answer
    query = request.GET.get("q", entry.enterprise_name)[:60]
    choices = matching.suggest_enterprises(request.actor, query)
    context = {"activity": found, "entry": entry, "query": query, "choices": choices, "form": form}
    return render(request, "activities/match.html", context)


def _match(request: PageRequest, entry: Participation, form: NewEnterpriseForm) -> HttpResponse | None:
    """Match and go back to the event; None to show the page again with what is wrong."""
    chosen = request.POST.get("enterprise", "")
    enterprise: Organisation | None = None
    if chosen == "new":
        if not form.is_valid():
            return None
        enterprise = matching.enterprise_for(
            **form.cleaned_data, node=entry.activity.unit.jurisdiction, actor=request.actor, at=request.at
        )
        if enterprise is None:
            form.add_error("credit_code", "该代码属于机关或其他单位，不是企业；请选择“不是企业人员”")
            return None
    elif chosen != "none":
        known = Organisation.objects.visible_to(request.actor).enterprises()
        enterprise = known.filter(pk=int(chosen) if chosen.isdigit() else 0).first()
        if enterprise is None:
            messages.error(request, "请选择一家企业")
            return None
    try:
        count = participants.match(entry, enterprise=enterprise, alike=True, actor=request.actor, at=request.at)
        messages.success(request, f"已核对 {count} 人")
    except participants.AlreadyVoided as error:
        messages.error(request, str(error))
    return redirect(entry.activity)


@page(Permission.RECORD_WORK, writes=True)
def take_in(request: PageRequest, number: int) -> HttpResponse:
    """Add all enterprises that visitors named with a valid code to the directory."""
    found = find_ours(request, number)
    if request.method == "POST":
        count = participants.take_in(found, actor=request.actor, at=request.at)
        messages.success(request, f"已收录 {count} 家企业，并计入企业数")
    return redirect(found)


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
    intro = "作废后不再计入人次和企业数，已签发的参训证书一并撤销；此人可以重新登记。"
    context = {
        "form": form,
        "title": f"作废参会记录：{entry}",
        "intro": intro,
        "submit": "作废",
        "back": found.get_absolute_url(),
    }
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
        blank_rows=max(_BLANK_ROWS, _LEAST_ROWS - len(rows)),
        row_pad=2.6,
    )
    pdf = table_pdf(table, at=request.at)
    return download(pdf, f"签到表_{found.title[:30]}_{localtime(request.at):%Y%m%d}.pdf", "application/pdf")
