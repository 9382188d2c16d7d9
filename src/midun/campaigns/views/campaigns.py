"""Pages of campaigns: list, page, making, editing, participants, documents, steps."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate

from midun.campaigns import forms, linked
from midun.campaigns.campaign_templates import form_labels, load_templates, template_of
from midun.campaigns.models import Campaign, CampaignUnit, PlanLine, PlanState
from midun.campaigns.services import campaigns, participants
from midun.campaigns.views.found import (
    PROBLEMS,
    campaign_or_404,
    manages,
    own_campaign_or_403,
    plans,
    say,
    state_colour,
)
from midun.campaigns.workflow import CAMPAIGN
from midun.kernel.files.kinds import BadUpload
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.models import Entry
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page

LISTING = Listing(
    key="campaigns",
    title="服务月",
    columns=(
        ListColumn("名称", "title", link=lambda c: reverse("campaigns:detail", args=[c.pk]), wide=True),
        ListColumn("年份", "year"),
        ListColumn("主题", "theme", phone=False),
        ListColumn("组织单位", "organiser.label"),
        ListColumn("开始", "start", kind="date"),
        ListColumn("结束", "end", kind="date", phone=False),
        ListColumn("状态", "get_state_display", kind="badge", colour=state_colour),
    ),
    filters=forms.CampaignFilter,
    empty="还没有服务月",
    empty_hint="组织单位启动服务月后会显示在这里",
)
_SHOWN_UNITS = 500


@page(Permission.READ_WORK, writes=True)
def campaign_list(request: PageRequest) -> HttpResponse:
    """Every campaign the actor may see."""
    visible = Campaign.objects.visible_to(request.actor).select_related("organiser")
    buttons = []
    if request.actor.may(Permission.MANAGE_CAMPAIGNS):
        buttons = [("新建服务月", reverse("campaigns:new"), "plus")]
    return LISTING.respond(request, visible, buttons=buttons)


@page(Permission.MANAGE_CAMPAIGNS, writes=True)
def campaign_new(request: PageRequest) -> HttpResponse:
    """Make a campaign from a template or from an earlier one of the same organiser."""
    templates = load_templates()
    own = Campaign.objects.visible_to(request.actor).filter(organiser_id=request.actor.organisation_id)
    form = forms.NewCampaignForm(
        request.POST or None, templates=templates, earlier=list(own[:5]), initial={"year": localdate(request.at).year}
    )
    if request.method == "POST" and form.is_valid():
        kind, _, key = form.cleaned_data["source"].partition(":")
        year = form.cleaned_data["year"]
        if kind == "copy":
            source = own.select_related("organiser__jurisdiction").get(pk=key)
            campaign = campaigns.copy_campaign(source=source, year=year, actor=request.actor, at=request.at)
        else:
            unit = Organisation.objects.visible_to(request.actor).select_related("jurisdiction")
            organiser = unit.get(pk=request.actor.organisation_id)
            campaign = campaigns.create_from_template(
                template=templates[key], organiser=organiser, year=year, actor=request.actor, at=request.at
            )
        messages.success(request, "已建立，请核对名称、期间、板块和参与单位后启动")
        return redirect("campaigns:edit", campaign.pk)
    intro = "板块、报送要求和参与单位会自动带入，建立后都可以修改；启动之前其他单位看不到。"
    back = reverse("campaigns:list")
    context = {"form": form, "title": "新建服务月", "submit": "建立", "intro": intro, "back": back}
    return render(request, "web/form.html", context)


@page(Permission.READ_WORK)
def campaign_page(request: PageRequest, number: int) -> HttpResponse:
    """One campaign: facts, headings, units and their plans, documents, deadlines."""
    campaign = campaign_or_404(request, number)
    lines = PlanLine.objects.visible_to(request.actor).live().filter(campaign=campaign)
    context = {
        "campaign": campaign,
        "colour": state_colour(campaign),
        "manages": manages(request, campaign),
        "plans": plans(request, campaign),
        "strands": _strands(campaign, lines),
        "board": _board(request, campaign, lines),
        "waiting": lines.filter(state=PlanState.SUBMITTED).count(),
        "total": lines.count(),
        "documents": Attachment.objects.of(campaign),
        "deadlines": _deadlines(campaign),
        "today": localdate(request.at),
        "documents_form": forms.DocumentsForm(),
        "entries": Entry.objects.about(campaign).order_by("-seq")[:8],
    }
    return render(request, "campaigns/campaign.html", context)


def _deadlines(campaign: Campaign) -> list[tuple[str, date]]:
    labels = form_labels()
    plan = [("活动安排", campaign.plan_due_on)] if campaign.plan_due_on else []
    return [*plan, *((labels.get(f.template, f.template), f.due_on) for f in campaign.required_forms.all())]


def _strands(campaign: Campaign, lines: Any) -> list[tuple[str, str, int]]:
    counted = dict(lines.order_by().values_list("strand").annotate(n=Count("pk")))
    rows = [(s.heading, str(s.pk), counted.get(s.pk, 0)) for s in campaign.strands.all()]
    return [*rows, ("未归类", "none", counted[None])] if counted.get(None) else rows


def _board(request: PageRequest, campaign: Campaign, lines: Any) -> list[tuple[CampaignUnit, dict[str, int]]]:
    states = {state.value: Count("pk", filter=Q(state=state)) for state in PlanState}
    stages = {
        "begun": Count("pk", filter=linked.has_records(request.actor) & Q(state=PlanState.APPROVED)),
        "done": Count("pk", filter=Q(done_at__isnull=False)),
    }
    grouped = lines.order_by().values("unit")
    counts = {row.pop("unit"): row for row in grouped.annotate(total=Count("pk"), **states, **stages)}
    units = CampaignUnit.objects.visible_to(request.actor).filter(campaign=campaign).select_related("unit")
    return [(unit, counts.get(unit.unit_id, {})) for unit in units]


@page(Permission.MANAGE_CAMPAIGNS, writes=True)
def campaign_edit(request: PageRequest, number: int) -> HttpResponse:
    """Edit facts, headings and required forms in one go."""
    campaign = own_campaign_or_403(request, number)
    data = request.POST or None
    form = forms.CampaignForm(data, instance=campaign, initial={"version": campaign.version})
    held = {} if data else forms.held_rows(campaign)
    strands = forms.StrandRows(data, prefix="strands", initial=held.get("strands"))
    required = forms.RequiredFormRows(data, prefix="forms", initial=held.get("forms"))
    if request.method == "POST" and form.is_valid() and strands.is_valid() and required.is_valid():
        try:
            _save(request, campaign, form, strands, required)
        except PROBLEMS as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "已保存")
            return redirect("campaigns:detail", campaign.pk)
    context = {"campaign": campaign, "form": form, "strands": strands, "required": required}
    return render(request, "campaigns/edit.html", context)


@transaction.atomic
def _save(request: PageRequest, campaign: Campaign, form: Any, strands: Any, required: Any) -> None:
    fields = dict(form.cleaned_data)
    version = fields.pop("version")
    campaigns.change_campaign(campaign=campaign, version=version, fields=fields, actor=request.actor, at=request.at)
    rows = [row for row in strands.cleaned_data if row.get("heading")]
    wanted = [row for row in required.cleaned_data if row.get("template")]
    campaigns.set_headings(
        campaign=campaign,
        strands=[(row["id"], row["heading"], row["keywords"]) for row in rows],
        forms=[(row["template"], row["due_on"]) for row in wanted],
        actor=request.actor,
        at=request.at,
    )


@page(Permission.MANAGE_CAMPAIGNS, writes=True)
def campaign_units(request: PageRequest, number: int) -> HttpResponse:
    """Choose who takes part."""
    campaign = own_campaign_or_403(request, number)
    current = {u.unit_id: u for u in campaign.units.select_related("unit__jurisdiction")}
    units = participants.possible_units(campaign.organiser)
    direct = {unit.pk for unit in participants.default_units(campaign.organiser)}
    units.sort(key=lambda u: (u.pk not in current, current[u.pk].order if u.pk in current else 0, u.pk not in direct))
    form = forms.UnitsForm(request.POST or None, units=units[:_SHOWN_UNITS], current=current)
    if request.method == "POST" and form.is_valid():
        try:
            came, left = participants.set_units(
                campaign=campaign, units=form.chosen(), actor=request.actor, at=request.at
            )
        except PROBLEMS as problem:
            say(request, problem)
        else:
            messages.success(request, f"已保存：新增 {len(came)} 个，移出 {len(left)} 个参与单位")
            return redirect("campaigns:detail", campaign.pk)
    template = template_of(campaign.template)
    categories = [c.name for c in template.categories] if template else []
    context = {"campaign": campaign, "form": form, "categories": categories, "direct": direct}
    return render(request, "campaigns/units.html", context)


@page(Permission.MANAGE_CAMPAIGNS, writes=True)
def campaign_step(request: PageRequest, number: int, step: str) -> HttpResponse:
    """Launch or close; reopening asks for a reason."""
    campaign = own_campaign_or_403(request, number)
    if step not in CAMPAIGN.by_name:
        raise Http404
    form = ReasonForm(request.POST or None)
    back = reverse("campaigns:detail", args=[campaign.pk])
    if request.method != "POST" or (step == "reopen" and not form.is_valid()):
        if step != "reopen":
            return redirect(back)
        return render(
            request, "web/form.html", {"form": form, "title": "重新打开服务月", "submit": "重新打开", "back": back}
        )
    reason = {"reason": form.cleaned_data["reason"]} if step == "reopen" else {}
    try:
        getattr(campaigns, step)(campaign=campaign, actor=request.actor, at=request.at, **reason)
    except PROBLEMS as problem:
        say(request, problem)
    else:
        messages.success(request, f"服务月{campaign.get_state_display()}")
    return redirect(back)


@page(Permission.MANAGE_CAMPAIGNS, writes=True)
def campaign_documents(request: PageRequest, number: int) -> HttpResponse:
    """Attach documents; `remove` with a reason takes one off."""
    campaign = own_campaign_or_403(request, number)
    form = forms.DocumentsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and (chosen := request.POST.get("remove", "")):
        document = get_object_or_404(Attachment.objects.of(campaign), pk=chosen if chosen.isdigit() else 0)
        reason = request.POST.get("reason", "").strip()[:200] or "移除"
        campaigns.remove_document(
            campaign=campaign, document=document, reason=reason, actor=request.actor, at=request.at
        )
        messages.success(request, f"已移除“{document.name}”")
    elif request.method == "POST" and form.is_valid():
        try:
            taken = campaigns.attach_documents(
                campaign=campaign, documents=form.cleaned_data["documents"], actor=request.actor, at=request.at
            )
            messages.success(request, f"已上传 {len(taken)} 个文件")
        except BadUpload as bad:
            say(request, bad)
    elif request.method == "POST":
        messages.error(request, "；".join(str(e) for errors in form.errors.values() for e in errors))
    return redirect("campaigns:detail", campaign.pk)
