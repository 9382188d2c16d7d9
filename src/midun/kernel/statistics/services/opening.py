"""Opening forms and putting them into their tree."""

from datetime import date, datetime

from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics.figures import Period
from midun.kernel.statistics.models import OPEN_STATES, FormState, StatForm
from midun.kernel.statistics.services.held import locked
from midun.kernel.statistics.templates import template
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb


@transaction.atomic
def open_form(
    *,
    subject: str,
    subject_title: str,
    template_id: str,
    unit: Organisation,
    above: StatForm | None,
    own_only: bool,
    period: Period,
    due_on: date,
    actor: Actor,
    at: datetime,
) -> tuple[StatForm, bool]:
    """The form of a unit for a subject. Opened once; later calls bring title, days and deadline up to date."""
    made: StatForm
    made, new = StatForm.objects.unscoped("open once").get_or_create(
        subject=subject,
        template=template_id,
        unit=unit,
        own_only=own_only,
        defaults={
            "template_version": template(template_id).version,
            "subject_title": subject_title,
            "above": above,
            "start": period.start,
            "end": period.end,
            "due_on": due_on,
            "created_at": at,
        },
    )
    if new:
        record(actor=actor, verb=Verb.CREATED, target=made, at=at, after={"unit": unit.pk, "due_on": str(due_on)})
    elif made.is_editable:
        fields = {"subject_title": subject_title, "start": period.start, "end": period.end}
        if above is not None or made.above_id is None:
            fields["due_on"] = due_on
        _bring_up_to_date(made, fields, actor, at)
    return made, new


def _bring_up_to_date(form: StatForm, fields: dict[str, object], actor: Actor, at: datetime) -> None:
    old = snapshot(form, *fields)
    if old == fields:
        return
    now = locked(form)
    for name, value in fields.items():
        setattr(now, name, value)
    before, after = changed(old, snapshot(now, *fields))
    now.version += 1
    now.save(update_fields=[*fields, "version"])
    record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=before, after=after)


def summary_of(unit: Organisation, *, template_id: str, period: Period) -> StatForm | None:
    """The unit's own summary of the same form and days that goes nowhere yet: it can be handed in further up."""
    found = StatForm.objects.unscoped("link levels").filter(
        unit=unit, template=template_id, own_only=False, start=period.start, end=period.end, above__isnull=True
    )
    made: StatForm | None = found.filter(below__isnull=False).order_by("pk").first()
    return made


def wanted_above(unit: Organisation, *, template_id: str, period: Period) -> StatForm | None:
    """The form that a higher level already asks of the unit for the same days and that nobody handed in yet."""
    found = StatForm.objects.unscoped("link levels").filter(
        unit=unit, template=template_id, own_only=False, start=period.start, end=period.end, above__isnull=False
    )
    made: StatForm | None = found.filter(state__in=OPEN_STATES, below__isnull=True).order_by("pk").first()
    return made


@transaction.atomic
def hand_in_further_up(summary: StatForm, *, above: StatForm, due_on: date, actor: Actor, at: datetime) -> None:
    """Let a level's summary go into the summary of a higher level."""
    now = locked(summary)
    before = {"above": now.above_id, "due_on": str(now.due_on)}
    now.above, now.due_on, now.version = above, due_on, now.version + 1
    now.save(update_fields=["above", "due_on", "version"])
    after = {"above": above.pk, "due_on": str(due_on)}
    record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=before, after=after)


@transaction.atomic
def make_summary(form: StatForm, *, subject: str, subject_title: str, actor: Actor, at: datetime) -> None:
    """Let a form that a higher level asks for be the summary of the unit's own subject."""
    now = locked(form)
    fields = {"subject": subject, "subject_title": subject_title}
    old = snapshot(now, *fields)
    now.subject, now.subject_title, now.version = subject, subject_title, now.version + 1
    now.save(update_fields=[*fields, "version"])
    record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=old, after=fields)
    form.refresh_from_db()


@transaction.atomic
def take_out(form: StatForm, *, reason: str, actor: Actor, at: datetime) -> bool:
    """Take a form out of the summary above: its unit no longer takes part. Returns whether that was possible.

    An empty form that nobody touched goes away altogether; a summary of a lower level stays that level's own; a form
    with anything in it stays where it is, for the reviewer to decide.
    """
    now = locked(form)
    if now.below.exists() and now.state in (*OPEN_STATES, FormState.FROZEN):
        before = {"above": now.above_id}
        now.above, now.version = None, now.version + 1
        now.save(update_fields=["above", "version"])
        record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=before, after={"above": None}, reason=reason)
        return True
    touched = now.state != FormState.DRAFT or any(
        related.exists() for related in (now.snapshots, now.adjustments, now.explanations, now.below)
    )
    if not touched:
        record(actor=actor, verb=Verb.VOIDED, target=now, at=at, reason=reason)
        now.delete()
    return not touched
