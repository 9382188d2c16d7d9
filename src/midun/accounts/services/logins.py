"""The history of logins and the lock-out: exact, in the database.

Whoever guesses is stopped without being able to stop the owner of the name: attempts from a browser that had logged in
under the name before (its signed cookie, devices.py) are counted by that browser alone. All others are counted by name
and address, by address over all names, and by name over all addresses. Names that nobody has are treated the same, so
the answer tells nothing about which names exist.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import LoginRecord, Membership, User
from midun.kernel.orgs.services import require
from midun.kernel.orgs.services.accounts import require_reach
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb

Outcome = LoginRecord.Outcome
_AGENT, _NAME = 200, 150


@dataclass(frozen=True)
class Limit:
    """So many failures within a window lock for a while."""

    failures: int
    window: timedelta
    locked_for: timedelta


QUARTER = timedelta(minutes=15)
BY_PAIR = Limit(5, QUARTER, QUARTER)
"""One name from one address, or from one known browser."""

BY_ADDRESS = Limit(30, QUARTER, QUARTER)
"""Any names from one address."""

BY_NAME = Limit(20, timedelta(hours=1), timedelta(hours=1))
"""One name from any addresses: a guesser with many of them. Known browsers of the name are not held up."""


@dataclass(frozen=True)
class Attempt:
    """Somebody at an address, with a browser, tries a name. `device` is set when the browser is known under it."""

    username: str
    ip: str | None
    agent: str = ""
    device: str = ""

    @property
    def name(self) -> str:
        """The name as it is kept and counted: capitals make no other name."""
        return self.username.strip().lower()[:_NAME]


def locked_until(attempt: Attempt, at: datetime) -> datetime | None:
    """When the lock that holds up this attempt ends; None when nothing does."""
    found = LoginRecord.objects.unscoped("lock-out")
    named = found.filter(username=attempt.name)
    unlocked = named.filter(outcome=Outcome.UNLOCK).order_by("-at").values_list("at", flat=True).first()
    if unlocked:
        named = named.filter(at__gt=unlocked)
    if attempt.device:
        ends = [_ends(_since_success(named.filter(device=attempt.device)), BY_PAIR, at)]
    else:
        here = _since_success(named.filter(ip=attempt.ip))
        ends = [
            _ends(here.filter(device=""), BY_PAIR, at),
            _ends(named.filter(device=""), BY_NAME, at),
            _ends(found.filter(ip=attempt.ip, device=""), BY_ADDRESS, at) if attempt.ip else None,
        ]
    return max((end for end in ends if end), default=None)


def locked_name_until(username: str, at: datetime) -> datetime | None:
    """The latest end of a lock on a name from anywhere, for the administrator's page."""
    failed = LoginRecord.objects.unscoped("lock-out").filter(
        username=username.lower(), outcome=Outcome.FAILURE, at__gt=at - BY_NAME.window - BY_NAME.locked_for
    )
    origins = set(failed.values_list("ip", "device"))
    ends = [locked_until(Attempt(username, ip, device=device), at) for ip, device in origins]
    return max((end for end in ends if end), default=None)


def _since_success(attempts: QuerySet[LoginRecord]) -> QuerySet[LoginRecord]:
    ended = attempts.filter(outcome=Outcome.SUCCESS).order_by("-at").values_list("at", flat=True).first()
    return attempts.filter(at__gt=ended) if ended else attempts


def _ends(attempts: QuerySet[LoginRecord], limit: Limit, at: datetime) -> datetime | None:
    """The end of the lock by the newest failures, if they are as many and as close as the limit says."""
    failed = attempts.filter(outcome=Outcome.FAILURE, at__gt=at - limit.window - limit.locked_for)
    times = list(failed.order_by("-at").values_list("at", flat=True)[: limit.failures])
    if len(times) < limit.failures or times[0] - times[-1] > limit.window or times[0] + limit.locked_for <= at:
        return None
    return times[0] + limit.locked_for


@transaction.atomic
def note(attempt: Attempt, outcome: LoginRecord.Outcome, *, at: datetime) -> None:
    """Keep an attempt in the history, and in the trail: every success and failure, a lock once, when it begins."""
    user = User.objects.filter(username__iexact=attempt.name).first()
    LoginRecord.objects.create(
        username=attempt.name,
        user=user,
        outcome=outcome,
        ip=attempt.ip,
        agent=attempt.agent[:_AGENT],
        device=attempt.device,
        at=at,
    )
    verb = {Outcome.SUCCESS: Verb.LOGGED_IN, Outcome.LOCKED: None}.get(outcome, Verb.LOGIN_FAILED)
    after = {"ip": attempt.ip or "", "outcome": outcome.value}
    if verb:
        actor = _acting(attempt, user, known=outcome == Outcome.SUCCESS)
        record(actor=actor, verb=verb, target=user, at=at, after=after, label=attempt.name[:80])
    if outcome == Outcome.FAILURE and (until := locked_until(attempt, at)):
        after = {"ip": attempt.ip or "", "until": until.isoformat()}
        actor = _acting(attempt, user, known=False)
        record(actor=actor, verb=Verb.LOCKED, target=user, at=at, after=after, label=attempt.name[:80])


def _acting(attempt: Attempt, user: User | None, *, known: bool) -> Actor:
    """Who the trail names: the person in the membership they start in, or only the name that somebody typed.

    A failed attempt carries the person's jurisdiction, so that the right auditor sees it.
    """
    first = _first_membership(user) if user else None
    if known and user:
        return first.actor() if first else Actor(user_id=user.pk, user_name=str(user))
    return Actor(user_name=attempt.name[:80], path=first.organisation.jurisdiction.path if first else "")


def person_alone(user: User) -> Actor:
    """A person outside any session (resetting a password, say), with the jurisdiction they belong to."""
    first = _first_membership(user)
    return Actor(user_id=user.pk, user_name=str(user), path=first.organisation.jurisdiction.path if first else "")


def _first_membership(user: User) -> Membership | None:
    held = Membership.objects.unscoped("the person's first membership").current().filter(user=user)
    first: Membership | None = (
        held.select_related("user", "organisation__jurisdiction").order_by("granted_at", "pk").first()
    )
    return first


@transaction.atomic
def unlock(*, user: User, actor: Actor, at: datetime) -> None:
    """The security administrator ends every lock on a name. Raises `Refused`."""
    require(actor, Permission.UNLOCK_USERS)
    require_reach(user, actor)
    LoginRecord.objects.create(username=user.username.lower(), user=user, outcome=Outcome.UNLOCK, ip=None, at=at)
    record(actor=actor, verb=Verb.UNLOCKED, target=user, at=at)


def history_of(user: User) -> QuerySet[LoginRecord]:
    """The person's own logins, newest first."""
    own: QuerySet[LoginRecord] = LoginRecord.objects.unscoped("the person's own logins").filter(
        Q(user=user) & ~Q(outcome=Outcome.UNLOCK)
    )
    return own
