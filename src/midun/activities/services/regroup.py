"""After a new version of the headings came in: what was entered for days it covers follows it."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from midun.activities import tallies
from midun.activities.headings import versions
from midun.activities.kinds import Group
from midun.activities.models import Participation
from midun.kernel.orgs.actor import system_actor
from midun.kernel.statistics.counts import following
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


@transaction.atomic
def follow(*, at: datetime) -> int:
    """Bring the participations from the newest version's first day on under its headings; returns how many changed.

    Events need nothing: their heading follows from kind and day. Done once per version, which the trail remembers.
    """
    known = versions()
    newest, label = known[-1], f"headings/{known[-1].version}"
    if len(known) == 1 or Entry.objects.filter(verb=Verb.SETTING_CHANGED, target_label=label).exists():
        return 0
    covered = Q(day__gte=newest.since)
    entries = Participation.objects.unscoped("follow the headings").filter(covered)
    enterprises = set(entries.order_by().values_list("enterprise", flat=True).distinct())
    count = 0
    with following(tallies.people(covered, enterprises)):
        for group in Group:
            wrong = entries.filter(activity__kind__in=newest.kinds(group)).exclude(group=group)
            count += wrong.update(group=group)
    after = {"since": newest.since, "participations": count}
    actor = system_actor("统计口径")
    record(actor=actor, verb=Verb.SETTING_CHANGED, target=None, at=at, after=after, label=label)
    return count
