"""What activities ask people to do."""

from collections.abc import Sequence
from datetime import date, timedelta

from midun.activities.models import Activity
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos
from midun.lib.wording import quoted

_LIMIT = 10


@todos("activities")
def activities_to_complete(actor: Actor, today: date) -> Sequence[Todo]:
    """Own events of the last two months, three days past, that still have nobody in the list."""
    if not actor.may(Permission.RECORD_WORK):
        return []
    mine = Activity.objects.visible_to(actor).live().filter(unit_id=actor.organisation_id)
    past = mine.filter(day__range=(today - timedelta(days=60), today - timedelta(days=3)))
    empty = past.filter(participations__isnull=True, headcount_extra=0)
    return [
        Todo("补充名单", f"活动{quoted(a.title)}还没有参会人员", a.get_absolute_url(), a.day + timedelta(days=10))
        for a in empty[:_LIMIT]
    ]
