"""Batches that wait for approval, and copies that are to come back."""

from collections.abc import Sequence
from datetime import date, timedelta

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos
from midun.marking.models import IssueBatch

_MOST = 20
SOON = timedelta(days=7)


@todos("marking")
def marking_todos(actor: Actor, today: date) -> Sequence[Todo]:
    """Those of others for who may approve; copies to recall for who submitted them and for who approves."""
    return [*_to_approve(actor), *_to_recall(actor, today)]


def _to_approve(actor: Actor) -> list[Todo]:
    if not actor.may(Permission.APPROVE_COPIES):
        return []
    waiting = IssueBatch.objects.visible_to(actor).filter(decided_at__isnull=True)
    waiting = waiting.exclude(submitted_by_id=actor.user_id)[:_MOST]
    return [Todo("审批", f"副本发放：{batch.title}", batch.get_absolute_url()) for batch in waiting]


def _to_recall(actor: Actor, today: date) -> list[Todo]:
    if not actor.may(Permission.DEPOSIT):
        return []
    due = IssueBatch.objects.visible_to(actor).to_come_back(today + SOON)
    if not actor.may(Permission.APPROVE_COPIES):
        due = due.filter(submitted_by_id=actor.user_id)
    return [
        Todo(
            "收回",
            f"副本“{batch.title}”还有 {batch.out} 份未收回或销毁",
            batch.get_absolute_url(),
            batch.expires_on,
            "保密期限届满" if batch.by_term else "",
        )
        for batch in due[:_MOST]
    ]
