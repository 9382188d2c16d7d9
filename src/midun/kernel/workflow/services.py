"""Taking a step of a workflow."""

from datetime import datetime
from typing import Any, Protocol

from django.db import models, transaction
from django.utils.timezone import localtime

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.services import require
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import record
from midun.kernel.workflow.definition import Step


class WrongState(Exception):
    """The object is not (any more) in a state from which this step can be taken; nothing was written."""


class ReasonMissing(Exception):
    """The step needs a reason and none was given."""


class Stateful(Protocol):
    """An object with a state; its class has a scoped `objects` and a `state` field of the workflow's states."""

    pk: Any
    state: str


@transaction.atomic
def perform(obj: Any, step: Step, *, actor: Actor, at: datetime, reason: str = "", **stamps: object) -> Entry:
    """Take `step` on `obj`: lock the row, check state, right and reason, set state and stamps, write the trail.

    `stamps` are further fields to set in the same UPDATE. The row is locked and re-read, so of two people who take
    the same step at once one wins and the other gets `WrongState` naming who was faster. Whether the actor's scope
    covers the object is the caller's matter (it was fetched through `visible_to`). Other changes on `obj` are not
    saved.
    """
    require(actor, step.permission)
    if step.needs_reason and not reason.strip():
        raise ReasonMissing(f"“{step.label}”必须填写理由")
    model = type(obj)
    current: str = model.objects.unscoped("lock").select_for_update().values_list("state", flat=True).get(pk=obj.pk)
    if current not in step.sources:
        raise WrongState(_told(obj, step, current))
    values = {"state": step.target.value, **stamps}
    if step.stamp:
        values[step.stamp] = at
    taken = model.objects.unscoped("step").filter(pk=obj.pk, state=current).update(**values)
    if not taken:
        raise WrongState(_told(obj, step, current))
    for name, value in values.items():
        setattr(obj, name, value)
    before, after = {"state": current}, {k: getattr(v, "pk", v) for k, v in values.items()}
    return record(actor=actor, verb=step.verb, target=obj, at=at, before=before, after=after, reason=reason)


def _told(obj: models.Model, step: Step, current: str) -> str:
    states = type(step.target)
    label = states(current).label
    last = Entry.objects.about(obj).last()
    who = (
        f"{last.organisation}{last.user_name}已于{localtime(last.at):%m月%d日 %H:%M}“{last.get_verb_display()}”，"
        if last
        else ""
    )
    return f"{who}当前状态为“{label}”，不能“{step.label}”。请刷新页面查看最新情况。"
