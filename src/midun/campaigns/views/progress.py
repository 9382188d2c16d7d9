"""What came of the plan: a unit reports a line as done; the month as a calendar."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from midun.campaigns.campaign_templates import form_labels
from midun.campaigns.forms import FinishForm
from midun.campaigns.ics import Event, calendar
from midun.campaigns.models import Campaign, PlanLine
from midun.campaigns.services import progress
from midun.campaigns.services.plan import require_own
from midun.campaigns.views.found import PROBLEMS, campaign_or_404, line_or_404, say
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import download
from midun.kernel.web.page import PageRequest, page

_TITLE = 60


@page(Permission.ENTER_PLAN, writes=True)
def line_finish(request: PageRequest, number: int) -> HttpResponse:
    """Report what came of an own line."""
    line = line_or_404(request, number)
    back = reverse("campaigns:line", args=[line.pk])
    try:
        require_own(line, request.actor)
    except PROBLEMS as problem:
        say(request, problem)
        return redirect(back)
    form = FinishForm(request.POST or None, request.FILES or None, line=line)
    if request.method == "POST" and form.is_valid():
        try:
            progress.finish(line=line, **form.cleaned_data, actor=request.actor, at=request.at)
        except PROBLEMS as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"第 {line.number} 条已登记完成情况")
            return redirect(back)
    intro = f"第 {line.number} 条：{line.content}"
    context = {"form": form, "title": "登记完成情况", "intro": intro, "submit": "办结", "back": back, "draft": "finish"}
    return render(request, "web/form.html", context)


@page(Permission.ENTER_PLAN, writes=True)
def line_unfinish(request: PageRequest, number: int) -> HttpResponse:
    """Take the report back, with a reason."""
    line = line_or_404(request, number)
    back = reverse("campaigns:line", args=[line.pk])
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            progress.unfinish(
                line=line,
                version=line.version,
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                at=request.at,
            )
            messages.success(request, "已取消办结")
        except PROBLEMS as problem:
            say(request, problem)
        return redirect(back)
    intro = f"第 {line.number} 条：{line.content}"
    context = {"form": form, "title": "取消办结", "intro": intro, "submit": "取消办结", "back": back}
    return render(request, "web/form.html", context)


@page(Permission.READ_WORK)
def campaign_calendar(request: PageRequest, number: int) -> HttpResponse:
    """The month, its deadlines and the dated lines the actor sees, for the calendar of a phone."""
    campaign = campaign_or_404(request, number)
    dated = PlanLine.objects.visible_to(request.actor).approved().filter(campaign=campaign, planned_on__isnull=False)
    events = [*_of_campaign(campaign), *(_of_line(line) for line in dated.select_related("unit"))]
    data = calendar(campaign.title, events, at=request.at)
    return download(data, f"{campaign.title}.ics", "text/calendar; charset=utf-8")


def _of_campaign(campaign: Campaign) -> list[Event]:
    url = settings.MIDUN_BASE_URL + reverse("campaigns:detail", args=[campaign.pk])
    key = f"campaign-{campaign.pk}"
    events = [Event(f"{key}@midun", campaign.start, campaign.end, campaign.title, campaign.theme, url)]
    if due := campaign.plan_due_on:
        events.append(Event(f"{key}-plan@midun", due, due, "活动安排报送截止", campaign.title, url))
    labels = form_labels()
    for form in campaign.required_forms.all():
        title = f"{labels.get(form.template, form.template)}报送截止"
        events.append(Event(f"{key}-{form.template}@midun", form.due_on, form.due_on, title, campaign.title, url))
    return events


def _of_line(line: PlanLine) -> Event:
    day = line.planned_on or line.campaign.start
    url = settings.MIDUN_BASE_URL + reverse("campaigns:line", args=[line.pk])
    title = f"{line.unit.label}：{line.content}"
    return Event(f"plan-line-{line.pk}@midun", day, day, title[:_TITLE], line.content, url)
