"""Sign-in by QR code: opened and closed by the officer, done by people without an account."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from midun.activities import codes
from midun.activities.kinds import Method
from midun.activities.models import Activity, Participation, SignIn
from midun.activities.people import Person
from midun.activities.services.entries import Bodies, enter, entry_of, listed, next_number
from midun.activities.services.own import Voided, locked, require_own
from midun.kernel.orgs.actor import Actor, system_actor
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb

DOOR = "现场签到"
"""Who acts in the trail when people sign in themselves."""


class ClosesTooEarly(Exception):
    """The closing time lies in the past."""

    def __init__(self) -> None:
        super().__init__("截止时间须晚于现在")


class SignInClosed(Exception):
    """Sign-in is not open (any more)."""

    def __init__(self) -> None:
        super().__init__("签到已经截止，请联系现场工作人员补登")


class CodeExpired(Exception):
    """The rotating code or the opened form is too old."""

    def __init__(self) -> None:
        super().__init__("二维码已更新，请重新扫描现场屏幕上的二维码")


class TicketSpent(Exception):
    """The scan was used for another person already."""

    def __init__(self) -> None:
        super().__init__("本次扫码已用于一人签到，为其他人签到请重新扫描现场屏幕上的二维码")


@transaction.atomic
def open_sign_in(activity: Activity, *, closes_at: datetime, rotating: bool, actor: Actor, at: datetime) -> SignIn:
    """Open sign-in, or change its closing time and mode. The address stays what it was."""
    require_own(activity, actor)
    now = locked(activity)
    if now.voided_at is not None:
        raise Voided
    if closes_at <= at:
        raise ClosesTooEarly
    made: SignIn
    made, _ = SignIn.objects.unscoped("one per event").update_or_create(
        activity=now,
        defaults={"opened_at": at, "closes_at": closes_at, "closed_at": None, "rotating": rotating},
        create_defaults={
            "token": codes.new_token(),
            "secret": codes.new_secret(),
            "opened_at": at,
            "closes_at": closes_at,
            "rotating": rotating,
        },
    )
    after = {"closes_at": closes_at, "rotating": rotating}
    record(actor=actor, verb=Verb.SIGN_IN_OPENED, target=now, at=at, after=after)
    return made


@transaction.atomic
def close_sign_in(activity: Activity, *, actor: Actor, at: datetime) -> None:
    """Close sign-in now. Closing it twice changes nothing."""
    require_own(activity, actor)
    now = locked(activity)
    if SignIn.objects.unscoped("close").filter(activity=now, closed_at__isnull=True).update(closed_at=at):
        record(actor=actor, verb=Verb.SIGN_IN_CLOSED, target=now, at=at)


@dataclass(frozen=True)
class SignedIn:
    """The entry, and whether it stood there before this attempt."""

    participation: Participation
    again: bool


@transaction.atomic
def sign_in(*, token: str, person: Person, ticket: str, at: datetime) -> SignedIn:
    """Enter a person who agreed to the notice. Whoever is listed already is told so, not entered twice.

    The event is locked first, so that of two posts at once one enters and the other finds the entry. Raises
    `SignInClosed`, `CodeExpired`, `TicketSpent`.
    """
    door = SignIn.objects.unscoped("by its token").select_related("activity").filter(token=token).first()
    if door is None:
        raise SignInClosed
    activity = locked(door.activity)
    door.refresh_from_db()
    if activity.voided_at is not None or not door.is_open(at):
        raise SignInClosed
    if door.rotating and not codes.is_ticket(ticket, token, at):
        raise CodeExpired
    before = listed(activity, person)
    if before and before.identity == person.identity:
        return SignedIn(before, again=True)
    if door.rotating and not codes.spend(ticket):
        raise TicketSpent
    if before:
        return SignedIn(_confirm(before, person, at), again=False)
    actor = system_actor(DOOR)
    number, bodies = next_number(activity), Bodies(activity, actor, at, visitor=True)
    made = entry_of(activity, person, bodies, method=Method.QR, number=number, at=at, consent_at=at)
    enter(activity, [made])
    after = {"participation": made.pk, "number": made.number, "enterprise": made.enterprise_id}
    record(actor=actor, verb=Verb.SIGNED_IN, target=activity, at=at, after=after, label=str(made))
    return SignedIn(made, again=False)


def _confirm(entry: Participation, person: Person, at: datetime) -> Participation:
    """Somebody whom an officer had listed without a number signs in: the entry gets the number, no second is made."""
    entry.phone, entry.identity, entry.consent_at, entry.signed_in_at = person.phone, person.identity, at, at
    entry.save(update_fields=["phone", "identity", "consent_at", "signed_in_at"])
    after = {"participation": entry.pk, "number": entry.number, "confirmed": True}
    actor = system_actor(DOOR)
    record(actor=actor, verb=Verb.SIGNED_IN, target=entry.activity, at=at, after=after, label=str(entry))
    return entry
