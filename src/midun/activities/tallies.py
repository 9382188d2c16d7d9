"""What is counted of events and people, kept for big subtrees while the records change (kernel.statistics.counts)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q

from midun.activities.models import Activity, Participation
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics.counts import Tally, Touched, tally

_WHY = "figures count by path"


def _events() -> Any:
    return Activity.objects.unscoped(_WHY).live()


def _people() -> Any:
    return Participation.objects.unscoped(_WHY).filter(counts=True)


EVENTS = tally(
    Tally(
        "events",
        _events,
        by="kind",
        sums={"held": "", "unnamed": "anonymous_enterprises", "extra": "headcount_extra", "materials": "materials"},
    )
)
PEOPLE = tally(Tally("people", _people, by="group", sums={"came": ""}, different={"enterprises": "enterprise"}))


def new_event(unit: Organisation, day: date) -> Touched:
    """An act that adds an event of a unit on a day."""
    return Touched(EVENTS, Q(unit=unit, day=day))


def event(activity: Activity) -> list[Touched]:
    """An act that changes an event, and with it all of its participants."""
    entries = Participation.objects.unscoped(_WHY).filter(activity=activity, enterprise__isnull=False)
    enterprises = set(entries.order_by().values_list("enterprise_id", flat=True).distinct())
    return [Touched(EVENTS, Q(pk=activity.pk)), Touched(PEOPLE, Q(activity=activity), enterprises)]


def people(entries: Q, enterprises: Iterable[int | None], *, new: bool = False) -> Touched:
    """An act that changes or adds participants (all that `entries` finds) of these enterprises, before or after."""
    return Touched(PEOPLE, entries, {e for e in enterprises if e is not None}, new)
