"""What every page of reporting fetches first, scoped to the actor, and who may do what."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from midun.campaigns.models import Campaign, CampaignState
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics.models import FormState, StatForm
from midun.kernel.web.page import PageRequest
from midun.reporting.services import campaign_number

STATE_COLOURS = {
    FormState.DRAFT: "secondary",
    FormState.SUBMITTED: "blue",
    FormState.RETURNED: "orange",
    FormState.ACCEPTED: "green",
    FormState.FROZEN: "green",
}


def campaigns_of(actor: Actor) -> Any:
    """The campaigns whose forms the actor may have to do with."""
    return Campaign.objects.visible_to(actor).exclude(state=CampaignState.DRAFT).select_related("organiser")


def campaign_or_404(request: PageRequest, number: int) -> Campaign:
    """A launched campaign the actor may see."""
    found: Campaign = get_object_or_404(campaigns_of(request.actor), pk=number)
    return found


def form_or_404(request: PageRequest, number: int) -> StatForm:
    """A form the actor may see."""
    known = StatForm.objects.visible_to(request.actor).select_related("unit__jurisdiction", "above__unit__jurisdiction")
    found: StatForm = get_object_or_404(known, pk=number)
    return found


def campaign_of(form: StatForm, actor: Actor) -> Campaign:
    """The campaign a form is about."""
    number = campaign_number(form)
    if number is None:
        raise Http404
    found: Campaign = get_object_or_404(campaigns_of(actor), pk=number)
    return found


def kind_words(form: StatForm) -> str:
    """本级, 汇总, or nothing for a unit's ordinary form."""
    if form.own_only:
        return "（本级）"
    return "（汇总）" if form.above_id is None or form.below.exists() else ""


def organises(actor: Actor, campaign: Campaign) -> bool:
    """Whether the actor gathers the forms of the campaign."""
    return campaign.organiser_id == actor.organisation_id and actor.may(Permission.REVIEW_FORM)


def rights_on(form: StatForm, actor: Actor, *, summary: bool) -> dict[str, bool]:
    """Which acts the page offers the actor now. The services check again."""
    own = form.unit_id == actor.organisation_id
    reviews = form.reviewer_id == actor.organisation_id and actor.may(Permission.REVIEW_FORM)
    fills, freezes = own and actor.may(Permission.FILL_FORM), own and actor.may(Permission.FREEZE_FORM)
    top = form.above_id is None
    locked = form.above is not None and not form.above.is_editable
    return {
        "fills": fills and form.is_editable,
        "submits": fills and not top and (form.state == FormState.FROZEN if summary else form.is_editable),
        "withdraws": fills and form.state == FormState.SUBMITTED,
        "freezes": freezes and form.is_editable and (summary or top) and not form.own_only,
        "reviews": reviews and form.state == FormState.SUBMITTED,
        "reopens": not locked and (reviews if form.state == FormState.ACCEPTED else freezes and form.is_settled),
        "seals": fills and not form.is_editable,
    }
