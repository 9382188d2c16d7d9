"""Reminders for statistics forms, and the opening of forms of launched campaigns."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import localdate

from midun.campaigns.models import Campaign, CampaignState
from midun.kernel.jobs.registry import job
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import people_with
from midun.kernel.statistics.models import FormState, StatForm
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
    open_ones = StatForm.objects.unscoped("reminders").filter(state__in=(FormState.DRAFT, FormState.RETURNED))
    for form in open_ones.filter(due_on__gte=today - timedelta(days=_LATE)).select_related("unit__jurisdiction"):
        left = calendar.between(today, form.due_on)
        if left > _AHEAD:
            continue
        when = f"将于 {form.due_on:%m月%d日} 截止" if left >= 0 else "已逾期"
        with transaction.atomic():
            send(
                kind=Notice.Kind.REMINDER,
                to=people_with(Permission.FILL_FORM, path=form.unit.jurisdiction.path),
                text=f"{form.subject_title}统计表{when}，请及时报送",
                url=form.get_absolute_url(),
                key=f"form-due:{form.pk}:{today}",
                at=at,
            )
