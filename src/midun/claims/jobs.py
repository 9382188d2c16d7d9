"""Daily work on claims: reminders, and deadlines recomputed when the calendar was published or changed."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from midun.claims import services
from midun.claims.models import Claim
from midun.claims.workflow import OPEN
from midun.kernel.jobs.registry import job
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import people_with
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.calendar import WorkCalendar
from midun.kernel.workflow.deadlines import recomputed_by
from midun.lib.wording import quoted

_AHEAD = 2
recomputed_by("claims.deadlines")


@job("claims.deadlines", every=timedelta(hours=12))
def deadlines(*, at: datetime) -> None:
    """Recompute open deadlines, then remind two working days ahead and on every day they are overdue."""
    today, calendar = localdate(at), WorkCalendar()
    open_ones = Claim.objects.unscoped("deadlines").live().filter(state__in=OPEN).select_related("unit__jurisdiction")
    for claim in open_ones.iterator(500):
        with transaction.atomic():
            _recompute(claim, at)
            left = calendar.between(today, claim.due_on)
            if left <= _AHEAD:
                _remind(claim, left, at)


def _recompute(claim: Claim, at: datetime) -> None:
    transferred = Entry.objects.about(claim).filter(verb=Verb.TRANSFERRED).last()
    start = localdate(transferred.at) if transferred else claim.raised_on
    new = services.due(start, claim.urgency).day
    if new == claim.due_on:
        return
    before = {"due_on": str(claim.due_on)}
    claim.due_on = new
    claim.save(update_fields=["due_on"])
    reason = "工作日历更新，重算办理期限"
    record(
        actor=system_actor(),
        verb=Verb.CHANGED,
        target=claim,
        at=at,
        before=before,
        after={"due_on": str(new)},
        reason=reason,
    )


def _remind(claim: Claim, left: int, at: datetime) -> None:
    day = localdate(at)
    text = f"诉求{quoted(claim.title)}" + (f"还有 {left} 个工作日到期" if left >= 0 else "已逾期")
    people = people_with(Permission.HANDLE_CLAIM, path=claim.unit.jurisdiction.path)
    key = f"claim-due:{claim.pk}:{day}"
    send(kind=Notice.Kind.REMINDER, to=people, text=text, url=claim.get_absolute_url(), key=key, at=at)
