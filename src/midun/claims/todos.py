"""What the claims ledger asks people to do."""

from collections.abc import Sequence
from datetime import date

from midun.claims.models import OPEN, Claim, ClaimState
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos
from midun.lib.wording import quoted

_LIMIT = 30


@todos("claims")
def claims_to_do(actor: Actor, today: date) -> Sequence[Todo]:
    """Open claims of one's own unit, the nearest deadline first.

    For an enterprise what waits for its rating; for a leader what is late.
    """
    if actor.may(Permission.RAISE_CLAIM):
        mine = Claim.objects.visible_to(actor).live().filter(state=ClaimState.CLOSED, satisfaction__isnull=True)
        return [Todo("评价", f"诉求{quoted(c.title)}已办结，请评价", f"/claims/own/{c.pk}/") for c in mine[:_LIMIT]]
    here = Claim.objects.visible_to(actor).live().filter(unit_id=actor.organisation_id).select_related("enterprise")
    if actor.may(Permission.HANDLE_CLAIM):
        return [_todo(c) for c in here.filter(state__in=OPEN).order_by("due_on")[:_LIMIT]]
    if actor.may(Permission.SUPERVISE_CLAIM):
        return [_todo(c) for c in here.overdue(today).order_by("due_on")[:_LIMIT]]
    return []


def _todo(claim: Claim) -> Todo:
    kind = "诉求待受理" if claim.state == ClaimState.REGISTERED else "诉求办理"
    return Todo(kind, claim.title, claim.get_absolute_url(), claim.next_due, claim.enterprise.name)
