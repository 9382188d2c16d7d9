"""The history of logins and the lock-out: exact, in the database."""

from datetime import datetime, timedelta

from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import LoginRecord, User
from midun.kernel.orgs.services import require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb

FAILURES, WINDOW, LOCKED_FOR = 5, timedelta(minutes=15), timedelta(minutes=15)
_AGENT, _NAME = 200, 150


def locked_until(username: str, at: datetime) -> datetime | None:
    """When the lock on a login name ends; None when it is not locked.

    Five failures within fifteen minutes, since the last success or unlocking, lock the name for fifteen minutes.
    """
    attempts = LoginRecord.objects.unscoped("lock-out").filter(username=username[:_NAME])
    ended = attempts.filter(outcome__in=("success", "unlock")).order_by("-at").values_list("at", flat=True).first()
    failures = attempts.filter(outcome="failure", at__gt=at - WINDOW - LOCKED_FOR)
    if ended:
        failures = failures.filter(at__gt=ended)
    times = list(failures.order_by("-at").values_list("at", flat=True)[:FAILURES])
    if len(times) < FAILURES or times[0] - times[-1] > WINDOW or times[0] + LOCKED_FOR <= at:
        return None
    until: datetime = times[0] + LOCKED_FOR
    return until


@transaction.atomic
def note(*, username: str, user: User | None, outcome: str, ip: str | None, agent: str, at: datetime) -> None:
    """Keep an attempt, in the history and in the trail; nothing tells an unknown name from a wrong password."""
    LoginRecord.objects.create(
        username=username[:_NAME], user=user, outcome=outcome, ip=ip, agent=agent[:_AGENT], at=at
    )
    verbs = {"success": Verb.LOGGED_IN, "failure": Verb.LOGIN_FAILED, "locked": Verb.LOCKED}
    actor = Actor(user_id=user.pk if user else None, user_name=str(user) if user else username[:80])
    record(actor=actor, verb=verbs[outcome], target=user, at=at, after={"ip": ip or ""}, label=username[:80])


@transaction.atomic
def unlock(*, user: User, actor: Actor, at: datetime) -> None:
    """The security administrator ends a lock."""
    require(actor, Permission.UNLOCK_USERS)
    LoginRecord.objects.create(username=user.username, user=user, outcome="unlock", ip=None, at=at)
    record(actor=actor, verb=Verb.UNLOCKED, target=user, at=at)
