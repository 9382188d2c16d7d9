"""The plan: all lines, filters, review of many at once, export."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from midun.campaigns import forms, linked
from midun.campaigns.models import Campaign, PlanLine, PlanState
from midun.campaigns.services import export, review, rights
from midun.campaigns.views.found import PROBLEMS, campaign_or_404, manages, plans, say, state_colour
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.listing import ListColumn, Listing, download
from midun.kernel.web.page import PageRequest, page

COLUMNS: tuple[ListColumn, ...] = (
    ListColumn("序号", "number", kind="integer"),
    ListColumn("类别", "category"),
    ListColumn("单位", "unit.label"),
    ListColumn("活动安排", "content", wide=True),
    ListColumn("板块", lambda line: line.strand.heading if line.strand else ""),
    ListColumn("计划日期", "planned_on", kind="date"),
    ListColumn("状态", "get_state_display", kind="badge", colour=state_colour),
)

BUTTONS = {
    "xlsx": ("导出附件（Excel）", "file-spreadsheet"),
    "docx": ("Word", "file-text"),
    "pdf": ("PDF", "printer"),
}


def stage_of(line: PlanLine, records: int) -> str:
    """How far a line is carried out, in words."""
    if line.done_at:
        return "已办结"
    if records:
        return f"{records} 项记录"
    return "未开展" if line.state == PlanState.APPROVED else ""


def stage_colour(line: PlanLine, records: int) -> str:
    """The colour of its badge."""
    return "green" if line.done_at else "blue" if records else "secondary"


def _listing(request: PageRequest, campaign: Campaign, lines: Any) -> Listing:
    units = Organisation.objects.unscoped("units of the lines shown").filter(pk__in=lines.order_by().values("unit"))
    counts = linked.counts(request.actor, lines.order_by().values_list("pk", flat=True))
    stage = ListColumn(
        "开展",
        lambda line: stage_of(line, counts.get(line.pk, 0)),
        kind="badge",
        colour=lambda line: stage_colour(line, counts.get(line.pk, 0)),
    )
    begun = linked.has_records(request.actor)
    args = {"units": units, "strands": list(campaign.strands.all()), "has_records": begun}
    return Listing(
        key="plan",
        title="活动安排",
        columns=(*COLUMNS, stage, ListColumn("完成情况", "done_note")),
        filters=forms.PlanFilter,
        filter_args=lambda _request: args,
        per_page=100,
        empty="没有符合条件的活动安排",
    )


@page(Permission.READ_WORK, writes=True)
def plan_page(request: PageRequest, number: int) -> HttpResponse:
    """The lines the actor may see, with review for the organiser."""
    campaign = campaign_or_404(request, number)
    lines = PlanLine.objects.visible_to(request.actor).live().filter(campaign=campaign)
    organises = rights.organises(request.actor, campaign)
    return _listing(request, campaign, lines).respond(
        request,
        lines.select_related("unit", "strand"),
        template="campaigns/plan.html",
        campaign=campaign,
        manages=manages(request, campaign) and not campaign.is_closed,
        reviews=organises and request.actor.may(Permission.REVIEW_PLAN) and not campaign.is_closed,
        plans=plans(request, campaign),
        strands=list(campaign.strands.values_list("pk", "heading")),
        formats=[(kind, *BUTTONS[kind]) for kind in export.FORMATS],
        approved=lines.filter(state=PlanState.APPROVED).count(),
    )


@page(Permission.REVIEW_PLAN, writes=True)
def plan_review(request: PageRequest, number: int) -> HttpResponse:
    """Approve, return or put under a heading the ticked lines."""
    campaign = campaign_or_404(request, number)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("campaigns:plan", args=[campaign.pk])
    ticked = [value.partition(":") for value in request.POST.getlist("line")]
    lines = [(int(pk), int(version)) for pk, _, version in ticked if pk.isdigit() and version.isdigit()]
    if request.method == "POST" and not lines:
        messages.warning(request, "请先勾选活动安排")
    elif request.method == "POST":
        try:
            _act(request, campaign, lines)
        except PROBLEMS as problem:
            say(request, problem)
    return redirect(back)


def _act(request: PageRequest, campaign: Campaign, lines: list[tuple[int, int]]) -> None:
    act, actor, at = request.POST.get("act", ""), request.actor, request.at
    numbers = [pk for pk, _ in lines]
    if act == "approve":
        _tell(request, "审核通过", review.approve(campaign=campaign, lines=lines, actor=actor, at=at))
    elif act == "send_back":
        reason = request.POST.get("reason", "")
        _tell(request, "退回", review.send_back(campaign=campaign, lines=lines, reason=reason, actor=actor, at=at))
    elif act == "strand":
        chosen = request.POST.get("strand", "")
        strand = get_object_or_404(campaign.strands, pk=chosen) if chosen.isdigit() else None
        count = review.assign_strand(campaign=campaign, lines=numbers, strand=strand, actor=actor, at=at)
        messages.success(request, f"已调整 {count} 条的板块")
    elif act == "suggest":
        count = review.suggest_strands(campaign=campaign, lines=numbers, actor=actor, at=at)
        messages.success(request, f"已按关键词调整 {count} 条的板块")
    else:
        raise Http404


def _tell(request: PageRequest, what: str, reviewed: review.Reviewed) -> None:
    if reviewed.done:
        messages.success(request, f"已{what} {reviewed.done} 条")
    for told in reviewed.told[:10]:
        messages.warning(request, told)


@page(Permission.READ_WORK, writes=True)
def plan_export(request: PageRequest, number: int, kind: str) -> HttpResponse:
    """The approved plan as a file; POST, because an export is in the trail."""
    campaign = campaign_or_404(request, number)
    if kind not in export.FORMATS:
        raise Http404
    approved = PlanLine.objects.visible_to(request.actor).approved().filter(campaign=campaign)
    lines = list(approved.select_related("unit"))
    if request.method != "POST" or not lines:
        if request.method == "POST":
            messages.warning(request, "还没有已审核的活动安排可以导出")
        return redirect("campaigns:plan", campaign.pk)
    data = export.plan_file(kind=kind, campaign=campaign, lines=lines, actor=request.actor, at=request.at)
    return download(data, f"{export.title_of(campaign)}.{kind}", export.FORMATS[kind])


@page(Permission.READ_WORK)
def current_plan(request: PageRequest) -> HttpResponse:
    """On to the plan of the newest running campaign."""
    found = Campaign.objects.visible_to(request.actor).current().first()
    return redirect("campaigns:plan", found.pk) if found else redirect("campaigns:list")


@page(Permission.ENTER_PLAN)
def current_mine(request: PageRequest) -> HttpResponse:
    """On to the unit's own plan in the newest running campaign it takes part in."""
    running = Campaign.objects.visible_to(request.actor).current()
    found = running.filter(units__unit=request.actor.organisation_id).first() or running.first()
    return redirect("campaigns:mine", found.pk) if found else redirect("campaigns:list")
