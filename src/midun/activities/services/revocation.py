"""Revoking certificates: by themselves, or with the event or the entry they were issued for."""

from collections.abc import Sequence
from datetime import datetime

from midun.activities.models import Activity, Certificate
from midun.kernel.orgs.actor import Actor
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


def revoke_all(
    activity: Activity, participations: Sequence[int] | None, *, reason: str, actor: Actor, at: datetime
) -> int:
    """Revoke what is valid of an event, or of some of its entries, inside the caller's transaction; returns how many.

    The caller holds the lock on the event. The public page says from now on that they are revoked.
    """
    valid = Certificate.objects.unscoped("revoke").filter(participation__activity=activity, revoked_at__isnull=True)
    if participations is not None:
        valid = valid.filter(participation__in=participations)
    numbers = list(valid.values_list("number", flat=True))
    if numbers:
        Certificate.objects.unscoped("revoke").filter(number__in=numbers).update(
            revoked_at=at, revoke_reason=reason[:300]
        )
        before = {"certificates": numbers}
        record(actor=actor, verb=Verb.CERTIFICATE_REVOKED, target=activity, at=at, before=before, reason=reason)
    return len(numbers)
