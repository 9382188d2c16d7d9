"""Reminders for statistics forms, and the opening of forms of launched campaigns."""

from datetime import datetime, timedelta

from django.utils.timezone import localdate

from midun.campaigns.models import Campaign, CampaignState
from midun.kernel.jobs.registry import job
from midun.kernel.orgs.actor import system_actor
from midun.kernel.statistics.models import OPEN_STATES, StatForm
from midun.kernel.statistics.services.reminding import remind_of_deadline
from midun.kernel.workflow.calendar import WorkCalendar
from midun.reporting.services import open_forms

_AHEAD, _LATE = 2, 15


@job("reporting.open_forms", every=timedelta(minutes=10))
def open_launched(*, at: datetime) -> None:
    """Open the forms of every running campaign; opens only what is missing."""
    for campaign in Campaign.objects.unscoped("open forms").filter(state=CampaignState.RUNNING):
        open_forms(campaign, actor=system_actor(), at=at)


@job("reporting.remind", every=timedelta(hours=12))
def remind(*, at: datetime) -> None:
    """Remind units two working days before a form is due and on each of the fifteen days after."""
    today, calendar = localdate(at), WorkCalendar()
    waiting = StatForm.objects.unscoped("reminders").filter(state__in=OPEN_STATES)
    near = waiting.filter(due_on__range=(today - timedelta(days=_LATE), today + timedelta(days=4 * _AHEAD + 10)))
    for form in near.select_related("unit__jurisdiction"):
        if calendar.between(today, form.due_on) <= _AHEAD:
            remind_of_deadline(form, today=today, at=at)
