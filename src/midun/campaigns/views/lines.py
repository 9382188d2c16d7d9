"""A unit's own plan and single lines."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from midun.campaigns import linked
from midun.campaigns.forms import LineForm
from midun.campaigns.models import PlanLine, PlanState
from midun.campaigns.models.plan import OPEN_STATES
from midun.campaigns.services import plan, rights
from midun.campaigns.views.found import (
    PROBLEMS,
    campaign_or_404,
    line_or_404,
    plans,
    say,
    state_colour,
)
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.trail.models import Entry
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.page import PageRequest, page

ACTS = ("submit", "withdraw", "up", "down", "void")


@page(Permission.ENTER_PLAN, writes=True)
def mine(request: PageRequest, number: int) -> HttpResponse:
    """The lines of the actor's own unit; POST submits all that are in hand."""
    campaign = campaign_or_404(request, number)
    own = (
        PlanLine.objects.visible_to(request.actor)
        .live()
        .filter(campaign=campaign, unit_id=request.actor.organisation_id)
    )
    lines = list(own.select_related("strand", "unit", "campaign__organiser__jurisdiction"))
    in_hand = [line for line in lines if line.state in OPEN_STATES]
    if request.method == "POST":
        try:
            count = plan.submit(lines=in_hand, actor=request.actor, at=request.at)
            messages.success(request, f"已提交 {count} 条活动安排，等待{campaign.organiser.label}审核")
        except PROBLEMS as problem:
            say(request, problem)
        return redirect("campaigns:mine", campaign.pk)
    records = linked.counts(request.actor, [line.pk for line in lines])
    context = {
        "campaign": campaign,
        "lines": [(line, state_colour(line), records.get(line.pk, 0)) for line in lines],
        "in_hand": len(in_hand),
        "returned": sum(line.state == PlanState.RETURNED for line in lines),
        "entrances": linked.entrances(),
        "plans": plans(request, campaign),
    }
    return render(request, "campaigns/mine.html", context)


@page(Permission.ENTER_PLAN, writes=True)
def line_add(request: PageRequest, number: int) -> HttpResponse:
    """Enter a line; “保存并再填一条” stays on the page."""
    campaign = campaign_or_404(request, number)
    if not plans(request, campaign):
        rights.require_participant(request.actor, campaign)
    form = LineForm(request.POST or None, campaign=campaign)
    back = reverse("campaigns:mine", args=[campaign.pk])
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("content", "planned_on", "strand")}
        try:
            line = plan.add_line(campaign=campaign, actor=request.actor, at=request.at, **fields)
        except PROBLEMS as problem:
            form.add_error(None, str(problem))
        else:
            under = f"，归入“{line.strand}”" if line.strand else ""
            messages.success(request, f"已保存第 {line.number} 条{under}")
            return redirect(request.path if "again" in request.POST else back)
    context = {"form": form, "campaign": campaign, "title": "填报活动安排", "back": back, "again": True}
    return render(request, "campaigns/line_form.html", context)


@page(Permission.READ_WORK)
def line_page(request: PageRequest, number: int) -> HttpResponse:
    """One line with its history."""
    line = line_or_404(request, number)
    own = line.unit_id == request.actor.organisation_id and plans(request, line.campaign)
    organises = rights.organises(request.actor, line.campaign) and request.actor.may(Permission.REVIEW_PLAN)
    context = {
        "line": line,
        "campaign": line.campaign,
        "colour": state_colour(line),
        "edits": own and line.is_open,
        "withdraws": own and line.state == PlanState.SUBMITTED and not line.voided_at,
        "reviews": organises and not line.campaign.is_closed and not line.voided_at and not line.is_open,
        "approves": line.state == PlanState.SUBMITTED,
        "finishes": own and line.state == PlanState.APPROVED and not line.voided_at,
        "entrances": linked.entrances(),
        "records": linked.records(request.actor, line.pk),
        "documents": Attachment.objects.of(line),
        "entries": Entry.objects.about(line).order_by("-seq"),
    }
    return render(request, "campaigns/line.html", context)


@page(Permission.ENTER_PLAN, writes=True)
def line_edit(request: PageRequest, number: int) -> HttpResponse:
    """Edit an own line."""
    line = line_or_404(request, number)
    try:
        plan.require_own(line, request.actor)
    except PROBLEMS as problem:
        say(request, problem)
        return redirect("campaigns:line", line.pk)
    form = LineForm(request.POST or None, campaign=line.campaign, line=line)
    if request.method == "POST" and form.is_valid():
        fields = {name: form.cleaned_data[name] for name in ("content", "planned_on", "strand")}
        version = form.cleaned_data["version"] or 0
        try:
            plan.change_line(line=line, version=version, actor=request.actor, at=request.at, **fields)
        except PROBLEMS as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "已保存")
            return redirect("campaigns:mine", line.campaign_id)
    back = reverse("campaigns:line", args=[line.pk])
    context = {"form": form, "campaign": line.campaign, "title": f"修改第 {line.number} 条", "back": back}
    return render(request, "campaigns/line_form.html", context)


@page(Permission.ENTER_PLAN, writes=True)
def line_act(request: PageRequest, number: int, act: str) -> HttpResponse:
    """Submit, withdraw, move or void an own line; voiding asks for a reason."""
    line = line_or_404(request, number)
    if act not in ACTS:
        raise Http404
    form = ReasonForm(request.POST if request.POST.get("reason") is not None else None)
    if act == "void" and not form.is_valid():
        intro = f"第 {line.number} 条：{line.content}"
        back = reverse("campaigns:line", args=[line.pk])
        context = {"form": form, "title": "作废活动安排", "submit": "作废", "intro": intro, "back": back}
        return render(request, "web/form.html", context)
    if request.method == "POST":
        try:
            _take(request, line, act, form)
        except PROBLEMS as problem:
            say(request, problem)
    return redirect("campaigns:mine", line.campaign_id)


def _take(request: PageRequest, line: PlanLine, act: str, form: ReasonForm) -> None:
    actor, at = request.actor, request.at
    if act == "submit":
        plan.submit(lines=[line], actor=actor, at=at)
    elif act == "withdraw":
        plan.withdraw(line=line, actor=actor, at=at)
    elif act == "void":
        plan.void_line(line=line, version=line.version, reason=form.cleaned_data["reason"], actor=actor, at=at)
    else:
        plan.move_line(line=line, up=act == "up", actor=actor, at=at)
