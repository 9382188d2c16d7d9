"""What every page of the service month fetches first, scoped to the actor."""

from typing import Any

from django.contrib import messages
from django.shortcuts import get_object_or_404

from midun.campaigns.models import Campaign, CampaignState, CampaignUnit, PlanLine, PlanState
from midun.campaigns.services import imports, plan, rights
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Refused, Stale
from midun.kernel.web.page import PageRequest
from midun.kernel.workflow.services import ReasonMissing, WrongState

PROBLEMS = (
    Stale,
    WrongState,
    ReasonMissing,
    rights.NotNow,
    plan.BadLine,
    imports.NotDecided,
    imports.PreviewOutdated,
)
"""What services raise that a person can do something about."""

STATE_COLOURS = {
    PlanState.DRAFT: "secondary",
    PlanState.SUBMITTED: "blue",
    PlanState.RETURNED: "orange",
    PlanState.APPROVED: "green",
    CampaignState.RUNNING: "green",
    CampaignState.CLOSED: "secondary",
}


def campaign_or_404(request: PageRequest, number: int) -> Campaign:
    """A campaign the actor may see."""
    visible = Campaign.objects.visible_to(request.actor).select_related("organiser__jurisdiction")
    campaign: Campaign = get_object_or_404(visible, pk=number)
    return campaign


def own_campaign_or_403(request: PageRequest, number: int) -> Campaign:
    """A campaign the actor organises; an insider who does not is refused."""
    campaign = campaign_or_404(request, number)
    if not rights.organises(request.actor, campaign):
        raise Refused(f"只有组织单位“{campaign.organiser}”可以打开此页")
    return campaign


def line_or_404(request: PageRequest, number: int) -> PlanLine:
    """A line of the plan the actor may see."""
    visible = PlanLine.objects.visible_to(request.actor)
    related = visible.select_related("campaign__organiser__jurisdiction", "unit", "strand", "created_by")
    line: PlanLine = get_object_or_404(related, pk=number)
    return line


def manages(request: PageRequest, campaign: Campaign) -> bool:
    """Whether the actor may change the campaign."""
    return rights.organises(request.actor, campaign) and request.actor.may(Permission.MANAGE_CAMPAIGNS)


def plans(request: PageRequest, campaign: Campaign) -> bool:
    """Whether the actor may enter lines of the plan now."""
    if not (campaign.is_running and request.actor.may(Permission.ENTER_PLAN)):
        return False
    mine = CampaignUnit.objects.visible_to(request.actor).filter(campaign=campaign)
    return bool(mine.filter(unit_id=request.actor.organisation_id).exists())


def say(request: PageRequest, problem: Exception) -> None:
    """Tell the person what went wrong."""
    messages.error(request, str(problem))


def state_colour(record: Any) -> str:
    """The badge colour of a campaign or line."""
    return STATE_COLOURS.get(record.state, "secondary")
