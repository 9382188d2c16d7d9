"""What every act on an event checks first: whose it is, what it is now, whether it still stands."""

from midun.activities.models import Activity
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Refused, Stale, require


class Voided(Exception):
    """The event is voided; only restoring it is possible."""

    def __init__(self) -> None:
        super().__init__("活动已作废，不能再修改。如系误作废，请先恢复。")


def require_own(activity: Activity, actor: Actor) -> None:
    """Raise `Refused` unless the actor records work for the unit that held the event."""
    require(actor, Permission.RECORD_WORK)
    if actor.user_id is not None and actor.organisation_id != activity.unit_id:
        raise Refused("只有登记该活动的单位可以修改")


def locked(activity: Activity, version: int | None = None) -> Activity:
    """The event as it is now, held until the end of the transaction. Raises `Stale` for another version."""
    rows = Activity.objects.unscoped("lock").select_for_update(of=("self",)).select_related("unit__jurisdiction")
    now: Activity = rows.get(pk=activity.pk)
    if version is not None and now.version != version:
        raise Stale
    return now
