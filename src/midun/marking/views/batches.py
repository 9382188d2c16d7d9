"""副本登记, as the enterprise sees it."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.evidence.services.platform import Subject, deposits_of
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.models import Entry
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page
from midun.marking import services
from midun.marking.forms import BatchForm, PostponeForm, ReportForm
from midun.marking.models import Disclosure, IssueBatch, IssuedCopy

BATCHES = Listing(
    "issue-batches",
    "副本登记",
    (
        ListColumn("名称", "title", link=lambda b: b.get_absolute_url(), wide=True),
        ListColumn("份数", "count", kind="integer", sort="count"),
        ListColumn("提交时间", "submitted_at", kind="datetime", sort="submitted_at"),
        ListColumn("收回日期", "expires_on", kind="date", sort="expires_on"),
        ListColumn("状态", "state", kind="badge", colour=lambda b: b.colour),
    ),
    empty="还没有登记副本",
    empty_hint="在本机工作台制作副本后，把登记文件提交到这里：由第二人批准发放，并把摘要存入存证日志",
)
_PER_PAGE = 100


def _find(request: PageRequest, batch: uuid.UUID) -> IssueBatch:
    known = IssueBatch.objects.visible_to(request.actor).select_related("submitted_by", "decided_by")
    found: IssueBatch = get_object_or_404(known, uuid=batch)
    return found


@page(Permission.READ_DEPOSITS, writes=True)
def batches(request: PageRequest) -> HttpResponse:
    """The enterprise's batches."""
    buttons = [("核对追溯报告", "/marking/check/", "report-search")]
    if request.actor.may(Permission.DEPOSIT):
        buttons = [*buttons, ("登记副本", "/marking/new/", "plus")]
    return BATCHES.respond(request, IssueBatch.objects.visible_to(request.actor), buttons=buttons)


@page(Permission.DEPOSIT, writes=True)
def batch_new(request: PageRequest) -> HttpResponse:
    """Submit one."""
    form = BatchForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        own = get_object_or_404(Organisation.objects.visible_to(request.actor), pk=request.actor.organisation_id)
        try:
            made = services.submit(
                enterprise=own,
                actor=request.actor,
                at=request.at,
                data=form.cleaned_data.pop("file"),
                **form.cleaned_data,
            )
        except services.BatchProblem as problem:
            form.add_error(None, str(problem))
        else:
            return redirect(made)
    return render(request, "marking/upload.html", {"form": form, "heading": "登记副本", "act": "提交审批"})


@page(Permission.READ_DEPOSITS)
def batch(request: PageRequest, batch: uuid.UUID) -> HttpResponse:
    """One: its copies and what became of them, and its place in the log."""
    return _show(request, _find(request, batch), PostponeForm())


def _show(request: PageRequest, found: IssueBatch, postponing: PostponeForm) -> HttpResponse:
    copies = IssuedCopy.objects.visible_to(request.actor).filter(batch=found)
    approves = request.actor.may(Permission.APPROVE_COPIES)
    declared = deposits_of(Subject.ISSUE, [str(found.uuid)]).get(str(found.uuid))
    shown = Disclosure.objects.visible_to(request.actor).filter(copy__batch=found)
    context = {
        "batch": found,
        "copies": Paginator(copies, _PER_PAGE).get_page(request.GET.get("page")),
        "out": copies.filter(recalled_at__isnull=True, destroyed_at__isnull=True).count() if found.approved else 0,
        "overdue": found.approved and found.expires_on and found.expires_on < localdate(request.at),
        "declared": declared,
        "deposited": declared is not None and declared.deposit_id is not None,
        "may_decide": approves and found.decided_at is None and found.submitted_by_id != request.actor.user_id,
        "may_note": request.actor.may(Permission.DEPOSIT) and found.approved,
        "may_disclose": approves and declared is not None and declared.deposit_id is not None,
        "disclosures": shown.select_related("copy", "claim", "unit"),
        "postponing": postponing if approves and found.approved else None,
        "entries": Entry.objects.about(found),
    }
    return render(request, "marking/batch.html", context)


@page(Permission.APPROVE_COPIES, writes=True)
def postpone(request: PageRequest, batch: uuid.UUID) -> HttpResponse:
    """Another day of return."""
    found = _find(request, batch)
    form = PostponeForm(request.POST or None)
    if request.method != "POST":
        return redirect(found)
    if form.is_valid():
        try:
            services.postpone(found, actor=request.actor, at=request.at, **form.cleaned_data)
        except services.BatchProblem as problem:
            form.add_error(None, str(problem))
        else:
            return redirect(found)
    return _show(request, found, form)


@page(Permission.APPROVE_COPIES, writes=True)
def decide(request: PageRequest, batch: uuid.UUID) -> HttpResponse:
    """Approve or send back."""
    found = _find(request, batch)
    if request.method == "POST":
        approved, reason = request.POST.get("act") == "approve", request.POST.get("reason", "")
        try:
            services.decide(found, approved=approved, reason=reason, actor=request.actor, at=request.at)
        except services.BatchProblem as problem:
            messages.error(request, str(problem))
    return redirect(found)


@page(Permission.DEPOSIT, writes=True)
def note(request: PageRequest, batch: uuid.UUID) -> HttpResponse:
    """Note what became of a copy."""
    found = _find(request, batch)
    if request.method == "POST":
        number, fate = request.POST.get("number", ""), request.POST.get("fate", "")
        try:
            services.note_copy(found, number=number, fate=fate, actor=request.actor, at=request.at)
        except services.BatchProblem as problem:
            messages.error(request, str(problem))
    return redirect(found)


@page(Permission.READ_DEPOSITS, writes=True)
def check(request: PageRequest) -> HttpResponse:
    """Check a trace report against what is registered; nothing of it is kept."""
    form = ReportForm(request.POST or None, request.FILES or None)
    findings = None
    if request.method == "POST" and form.is_valid():
        try:
            findings = services.check_report(form.cleaned_data["file"], actor=request.actor)
        except services.BatchProblem as problem:
            form.add_error(None, str(problem))
    context = {"form": form, "heading": "核对追溯报告", "act": "核对", "findings": findings}
    return render(request, "marking/upload.html", context)
