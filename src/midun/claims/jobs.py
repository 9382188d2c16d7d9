"""Daily work on claims: deadlines recounted when the calendar was published or changed, and reminders."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from midun.claims.deadlines import Deadline, deadline_of
from midun.claims.models import OPEN, Claim
from midun.claims.pledges import pledges
from midun.claims.services.clock import count
from midun.claims.services.telling import tell_unit
from midun.kernel.jobs.registry import job
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.actor import system_actor
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.calendar import WorkCalendar
from midun.kernel.workflow.deadlines import recomputed_by
from midun.lib.wording import quoted

_DATES = ("accept_by", "due_on")
recomputed_by("claims.deadlines")


@job("claims.deadlines", every=timedelta(hours=12))
def deadlines(*, at: datetime) -> None:
    """Recount the days promised for open claims; on working days remind of those that are near or past."""
    today, calendar, ahead = localdate(at), WorkCalendar(), pledges().remind_ahead
    open_ones = Claim.objects.unscoped("deadlines").live().filter(state__in=OPEN).order_by("pk")
    for number in list(open_ones.values_list("pk", flat=True)):
        with transaction.atomic():
            claim = _held(number)
            if claim is None:
                continue
            _recount(claim, calendar, at)
            deadline = deadline_of(claim, today, calendar)
            if calendar.is_working(today) and deadline and (deadline.is_overdue or deadline.left <= ahead):
                _remind(claim, deadline, today, at)


def _held(number: int) -> Claim | None:
    """The claim, locked and then read, if it is still open."""
    rows = Claim.objects.unscoped("deadlines")
    rows.select_for_update().get(pk=number)
    found: Claim | None = (
        rows.live().filter(state__in=OPEN).select_related("unit__jurisdiction").filter(pk=number).first()
    )
    return found


def _recount(claim: Claim, calendar: WorkCalendar, at: datetime) -> None:
    clock = count(claim.clock_from, claim.accept_days, claim.handle_days, calendar)
    old = snapshot(claim, *_DATES)
    claim.accept_by, claim.due_on = clock.accept_by, clock.due_on
    before, after = changed(old, snapshot(claim, *_DATES))
    if not after:
        return
    claim.save(update_fields=_DATES)
    reason = "工作日历更新，重算服务承诺期限"
    record(actor=system_actor(), verb=Verb.CHANGED, target=claim, at=at, before=before, after=after, reason=reason)


def _remind(claim: Claim, deadline: Deadline, today: date, at: datetime) -> None:
    """The handlers every working day; once it is late, the leader as well."""
    tell_unit(
        claim,
        f"诉求{quoted(claim.title)}{deadline.text}",
        key=f"claim-due:{claim.pk}:{today}",
        at=at,
        kind=Notice.Kind.REMINDER,
        leaders=deadline.is_overdue,
    )
