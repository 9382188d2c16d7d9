"""Reminding units of forms they have not handed in."""

from datetime import date, datetime

from django.db import transaction

from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import people_with
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.services.held import NotEditable, require_reviewer
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


def _notify(form: StatForm, text: str, key: str, at: datetime) -> int:
    people = people_with(Permission.FILL_FORM, path=form.unit.jurisdiction.path)
    return send(kind=Notice.Kind.REMINDER, to=people, text=text, url=form.get_absolute_url(), key=key, at=at)


@transaction.atomic
def remind(form: StatForm, *, actor: Actor, at: datetime) -> int:
    """The reviewing unit reminds the filling one, at most once a day; returns how many people were told."""
    require_reviewer(form, actor)
    if not form.is_editable:
        raise NotEditable
    text = f"{actor.organisation_name}催报：{form}，截止 {form.due_on.month}月{form.due_on.day}日"
    told = _notify(form, text, f"form-remind:{form.pk}:{at:%Y%m%d}", at)
    if told:
        record(actor=actor, verb=Verb.REMINDED, target=form, at=at, after={"people": told})
    return told


@transaction.atomic
def remind_of_deadline(form: StatForm, *, today: date, at: datetime) -> int:
    """The platform reminds of a deadline that is near or past, once a day; returns how many people were told."""
    late = (today - form.due_on).days
    when = f"已逾期 {late} 天" if late > 0 else f"将于 {form.due_on.month}月{form.due_on.day}日 截止"
    return _notify(form, f"{form}{when}，请及时报送", f"form-due:{form.pk}:{today}", at)
