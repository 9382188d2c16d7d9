"""What visits ask people to do."""

from collections.abc import Sequence
from datetime import date, timedelta

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos
from midun.visits.models import Visit, Way

_LIMIT = 10


@todos("visits")
def follow_ups(actor: Actor, today: date) -> Sequence[Todo]:
    """Own visits whose follow-up is due within a week and has not happened."""
    if not actor.may(Permission.RECORD_WORK):
        return []
    mine = Visit.objects.visible_to(actor).live().filter(unit_id=actor.organisation_id)
    due = mine.filter(follow_up_on__lte=today + timedelta(days=7)).select_related("enterprise").order_by("follow_up_on")
    done = set(
        mine.filter(way=Way.REVISIT, day__gte=today - timedelta(days=365)).values_list("enterprise_id", flat=True)
    )
    return [
        Todo("回访", f"回访{v.enterprise.name}", v.get_absolute_url(), v.follow_up_on)
        for v in due[: _LIMIT * 3]
        if v.enterprise_id not in done
    ][:_LIMIT]
