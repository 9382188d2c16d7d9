"""What publicity asks people to do."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos
from midun.publicity.models import CaseState, TypicalCase

_LIMIT = 20


@todos("publicity")
def cases_to_do(actor: Actor, _today: date) -> Sequence[Todo]:
    """Cases of one's own unit that wait for a second person, and one's own that were returned."""
    mine = Q(created_by_id=actor.user_id) | Q(submitted_by_id=actor.user_id)
    here = TypicalCase.objects.visible_to(actor).live().filter(unit_id=actor.organisation_id)
    found = []
    if actor.may(Permission.REVIEW_CASE):
        found += [
            Todo("脱敏复核", f"典型案例《{case.title}》等待复核", case.get_absolute_url())
            for case in here.filter(state=CaseState.SUBMITTED).exclude(mine)[:_LIMIT]
        ]
    if actor.may(Permission.RECORD_WORK):
        found += [
            Todo("退回修改", f"典型案例《{case.title}》被退回", case.get_absolute_url())
            for case in here.filter(mine, state=CaseState.RETURNED)[:_LIMIT]
        ]
    return found
