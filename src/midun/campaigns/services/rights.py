"""Who may do what in a campaign, and when."""

from midun.campaigns.models import Campaign, CampaignUnit
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Refused, require


class NotNow(Exception):
    """The campaign is not in a state in which this can be done; `str()` says what to do."""


def is_system(actor: Actor) -> bool:
    """Whether the operator acts at the command line (a visitor has no name)."""
    return actor.user_id is None and bool(actor.user_name)


def organises(actor: Actor, campaign: Campaign) -> bool:
    """Whether the actor belongs to the organiser."""
    return is_system(actor) or actor.organisation_id == campaign.organiser_id


def require_organiser(actor: Actor, campaign: Campaign, permission: Permission = Permission.MANAGE_CAMPAIGNS) -> None:
    """Raise `Refused` unless the actor belongs to the organiser and holds `permission` there."""
    require(actor, permission)
    if not organises(actor, campaign):
        raise Refused(f"只有组织单位“{campaign.organiser}”可以这样做")


def require_not_closed(campaign: Campaign) -> None:
    """Raise `NotNow` when the campaign is over."""
    if campaign.is_closed:
        raise NotNow("服务月已结束，不能再修改；确需修改请由组织单位重新打开")


def require_participant(actor: Actor, campaign: Campaign) -> None:
    """Raise unless the actor may enter plans, their unit takes part, and the campaign is running."""
    require(actor, Permission.ENTER_PLAN)
    if not campaign.is_running:
        raise NotNow("服务月尚未启动，暂不能填报" if not campaign.is_closed else "服务月已结束，不能再填报")
    units = CampaignUnit.objects.unscoped("own participation")
    if not units.filter(campaign=campaign, unit_id=actor.organisation_id).exists():
        raise Refused("本单位没有参加这次服务月，如需参加请联系组织单位")


def lock(campaign: Campaign) -> None:
    """Hold the campaign's row to the end of the transaction: numbers of lines are given out one act at a time."""
    found = Campaign.objects.unscoped("lock").select_for_update()
    campaign.state = found.values_list("state", flat=True).get(pk=campaign.pk)
