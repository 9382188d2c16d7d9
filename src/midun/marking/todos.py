"""Batches that wait for approval."""

from collections.abc import Sequence
from datetime import date

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos
from midun.marking.models import IssueBatch

_MOST = 20


@todos("marking")
def marking_todos(actor: Actor, _today: date) -> Sequence[Todo]:
    """Those of others, for who may approve."""
    if not actor.may(Permission.APPROVE_COPIES):
        return []
    waiting = IssueBatch.objects.visible_to(actor).filter(decided_at__isnull=True)
    waiting = waiting.exclude(submitted_by_id=actor.user_id)[:_MOST]
    return [Todo("审批", f"副本发放：{batch.title}", batch.get_absolute_url()) for batch in waiting]
