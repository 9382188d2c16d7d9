"""What stands on a person's desk besides the things to do. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime

from django.apps import apps
from django.urls import NoReverseMatch

from midun.campaigns.models import Campaign
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ENTERPRISE_ROLES
from midun.kernel.trail.models import Entry

_DONE = 20


@dataclass(frozen=True)
class Done:
    """One act of the person: what, on what, when, and where that is now."""

    verb: str
    label: str
    at: datetime
    url: str


@dataclass(frozen=True)
class Month:
    """The running month as the desk shows it. `day` of `days` have begun; `left` is negative once it is over."""

    campaign: Campaign
    day: int
    days: int
    left: int


def done(actor: Actor) -> list[Done]:
    """The person's latest acts in this membership; one query."""
    entries = Entry.objects.filter(membership_id=actor.membership_id).order_by("-seq")[:_DONE]
    return [Done(e.get_verb_display(), e.target_label, e.at, _where(e, actor)) for e in entries]


def _where(entry: Entry, actor: Actor) -> str:
    """The page of what was acted on, told from its number alone; empty where there is none for this person."""
    if not actor.works_for_authority or not entry.target_id.isdigit():
        return ""
    try:
        model = apps.get_model(entry.target_type)
    except (LookupError, ValueError):
        return ""
    if not hasattr(model, "get_absolute_url"):
        return ""
    try:
        return str(model(pk=int(entry.target_id)).get_absolute_url())
    except NoReverseMatch:
        return ""


def running(actor: Actor) -> Campaign | None:
    """The month that runs for this person: for an enterprise the one of the authorities above it, which is public."""
    if actor.role in ENTERPRISE_ROLES:
        above = [actor.path[: i + 1] for i, c in enumerate(actor.path) if c == "."]
        known = Campaign.objects.unscoped("a running month is public").filter(organiser__jurisdiction__path__in=above)
    else:
        known = Campaign.objects.visible_to(actor)
    found: Campaign | None = known.current().select_related("organiser").first()
    return found


def month(campaign: Campaign | None, today: date) -> Month | None:
    """How far a month has come."""
    if campaign is None:
        return None
    days = (campaign.end - campaign.start).days + 1
    day = min(max((today - campaign.start).days + 1, 0), days)
    return Month(campaign, day, days, (campaign.end - today).days)
