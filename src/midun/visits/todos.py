"""What visits ask people to do."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Exists, F, OuterRef, Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos
from midun.visits.models import Visit

_LIMIT = 20
_AHEAD = timedelta(days=7)


@todos("visits")
def follow_ups(actor: Actor, today: date) -> Sequence[Todo]:
    """Visits of one's own unit whose follow-up is due within a week and has not happened: no later visit there."""
    if not actor.may(Permission.RECORD_WORK):
        return []
    mine = Visit.objects.visible_to(actor).live().filter(unit_id=actor.organisation_id)
    later = mine.filter(enterprise=OuterRef("enterprise")).filter(
        Q(day__gt=OuterRef("day")) | Q(day=OuterRef("day"), pk__gt=OuterRef("pk"))
    )
    due = mine.filter(follow_up_on__lte=today + _AHEAD).filter(~Exists(later))
    return [
        Todo("回访", f"回访{v.enterprise.name}", v.get_absolute_url(), v.follow_up_on)
        for v in due.select_related("enterprise").order_by(F("follow_up_on").asc(), "pk")[:_LIMIT]
    ]
