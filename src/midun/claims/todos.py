"""What the claims ledger asks people to do."""

from collections.abc import Sequence
from datetime import date

from midun.claims.models import Claim, ClaimState
from midun.claims.workflow import OPEN
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos
from midun.lib.wording import quoted

_LIMIT = 30


@todos("claims")
def claims_to_do(actor: Actor, _today: date) -> Sequence[Todo]:
    """Open claims of one's own unit, the nearest deadline first; for an enterprise, what waits for its rating."""
    if actor.may(Permission.RAISE_CLAIM):
        mine = Claim.objects.visible_to(actor).live().filter(state=ClaimState.CLOSED, satisfaction__isnull=True)
        return [Todo("评价", f"诉求{quoted(c.title)}已办结，请评价", f"/claims/own/{c.pk}/") for c in mine[:_LIMIT]]
    if not actor.may(Permission.HANDLE_CLAIM):
        return []
    here = Claim.objects.visible_to(actor).live().filter(unit_id=actor.organisation_id, state__in=OPEN)
    return [
        Todo(
            "诉求待受理" if c.state == ClaimState.REGISTERED else "诉求办理",
            f"{c.title}（{c.enterprise.name}）",
            c.get_absolute_url(),
            c.due_on,
        )
        for c in here.select_related("enterprise").order_by("due_on")[:_LIMIT]
    ]
