"""Telling units about a campaign."""

from datetime import datetime

from django.urls import reverse

from midun.campaigns.models import Campaign, PlanLine
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Membership, Organisation
from midun.kernel.orgs.services import people_with
from midun.lib.wording import quoted


def planners(unit: Organisation) -> list[Membership]:
    """The people of a unit who enter its plan."""
    found = people_with(Permission.ENTER_PLAN, path=unit.jurisdiction.path)
    return [m for m in found if m.organisation_id == unit.pk]


def reviewers(campaign: Campaign) -> list[Membership]:
    """The organiser's people who review plans."""
    found = people_with(Permission.REVIEW_PLAN, path=campaign.organiser.jurisdiction.path)
    return [m for m in found if m.organisation_id == campaign.organiser_id]


def tell_unit(campaign: Campaign, unit: Organisation, at: datetime) -> None:
    """Tell a unit that it takes part; once per campaign and person."""
    planned = PlanLine.objects.unscoped("whether the annex was imported").live().filter(campaign=campaign, unit=unit)
    what = "本单位的活动安排已导入，请核对" if planned.exists() else "请填报本单位的活动安排"
    due = f"（{campaign.plan_due_on.month}月{campaign.plan_due_on.day}日前）" if campaign.plan_due_on else ""
    send(
        kind=Notice.Kind.TODO,
        to=planners(unit),
        text=f"{quoted(campaign.title)}已启动，{what}{due}",
        url=reverse("campaigns:mine", args=[campaign.pk]),
        key=f"campaign:{campaign.pk}:launched",
        at=at,
    )
