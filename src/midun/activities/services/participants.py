"""Who was there: entered one by one, from a list, matched to the directory, voided."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from midun.activities import tallies
from midun.activities.kinds import Method
from midun.activities.models import Activity, Participation
from midun.activities.people import Person, plain
from midun.activities.services.entries import Bodies, Present, enter, entry_of, listed, next_number
from midun.activities.services.matching import enterprise_for
from midun.activities.services.own import Voided, locked, require_own
from midun.activities.services.revocation import revoke_all
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics.counts import following
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


class AlreadyListed(Exception):
    """The person is already in the list of this event."""

    def __init__(self, number: int) -> None:
        super().__init__(f"此人已在名单中（第 {number} 号），没有重复登记")


class AlreadyVoided(Exception):
    """The entry was voided before, or belongs to a voided event."""

    def __init__(self) -> None:
        super().__init__("该条已经作废，请刷新页面查看")


@dataclass(frozen=True)
class Added:
    """What became of a list: how many were new, how many stood there before."""

    new: int
    known: int


@transaction.atomic
def add_person(activity: Activity, *, person: Person, actor: Actor, at: datetime) -> Participation:
    """Enter one person. Raises `AlreadyListed`."""
    require_own(activity, actor)
    now = locked(activity)
    if now.voided_at is not None:
        raise Voided
    if before := listed(now, person):
        raise AlreadyListed(before.number)
    bodies = Bodies(now, actor, at)
    made = entry_of(now, person, bodies, method=Method.STAFF, number=next_number(now), at=at)
    enter(now, [made])
    after = {"participation": made.pk, "number": made.number, "enterprise": made.enterprise_id}
    record(actor=actor, verb=Verb.SIGNED_IN, target=now, at=at, after=after, label=str(made))
    return made


@transaction.atomic
def add_people(activity: Activity, *, people: Sequence[Person], method: Method, actor: Actor, at: datetime) -> Added:
    """Enter a list; whoever is listed already is passed over, so the same list twice changes nothing.

    A paper list without telephone numbers after a sign-in by phone does not enter the same people again.
    """
    require_own(activity, actor)
    now = locked(activity)
    if now.voided_at is not None:
        raise Voided
    there, bodies = Present(now), Bodies(now, actor, at)
    new = {p.identity: p for p in people if p not in there}
    numbered = enumerate(new.values(), next_number(now))
    enter(now, [entry_of(now, person, bodies, method=method, number=n, at=at) for n, person in numbered])
    if new:
        after = {"participants": len(new), "method": method.value}
        record(actor=actor, verb=Verb.IMPORTED, target=now, at=at, after=after)
    return Added(len(new), len(people) - len(new))


@transaction.atomic
def match(
    participation: Participation, *, enterprise: Organisation | None, alike: bool, actor: Actor, at: datetime
) -> int:
    """Say which enterprise an entry means (None: not of an enterprise), with `alike` for all of the same typed name.

    Returns how many entries changed.
    """
    activity = locked(participation.activity)
    require_own(activity, actor)
    if participation.voided_at is not None:
        raise AlreadyVoided
    entries = Participation.objects.unscoped("matching").filter(activity=activity, voided_at__isnull=True)
    wanted = {participation.pk}
    if alike:
        open_ones = entries.filter(enterprise__isnull=True, is_enterprise=True).values_list("pk", "enterprise_name")
        wanted |= {pk for pk, name in open_ones if plain(name) == plain(participation.enterprise_name)}
    changed = entries.filter(pk__in=wanted).exclude(enterprise=enterprise, is_enterprise=enterprise is not None)
    enterprises = [*entries.filter(pk__in=wanted).values_list("enterprise_id", flat=True), enterprise and enterprise.pk]
    with following(tallies.people(Q(pk__in=wanted), enterprises)):
        count: int = changed.update(enterprise=enterprise, is_enterprise=enterprise is not None)
    if count:
        before = {"typed": participation.enterprise_name, "enterprise": participation.enterprise_id}
        after = {"enterprise": enterprise.pk if enterprise else None, "entries": sorted(wanted)}
        record(actor=actor, verb=Verb.MATCHED, target=activity, at=at, before=before, after=after)
    return count


@transaction.atomic
def take_in(activity: Activity, *, actor: Actor, at: datetime) -> int:
    """Add the enterprises that visitors named with a valid code to the directory; returns how many are now matched.

    Of several spellings under one code the most frequent becomes the name.
    """
    require_own(activity, actor)
    now = locked(activity)
    entries = Participation.objects.unscoped("taking enterprises in").filter(activity=now, voided_at__isnull=True)
    waiting = entries.filter(enterprise__isnull=True, is_enterprise=True).exclude(credit_code="")
    spellings: dict[str, Counter[str]] = {}
    for code, name in waiting.values_list("credit_code", "enterprise_name"):
        spellings.setdefault(code, Counter())[name] += 1
    matched = 0
    for code, names in sorted(spellings.items()):
        name = names.most_common(1)[0][0]
        node = now.unit.jurisdiction
        if enterprise := enterprise_for(name=name, credit_code=code, node=node, actor=actor, at=at):
            matched += 1
            these = Q(activity=now, credit_code=code)
            with following(tallies.people(these, [enterprise.pk])):
                waiting.filter(these).update(enterprise=enterprise)
            after = {"typed": name, "credit_code": code, "enterprise": enterprise.pk}
            record(actor=actor, verb=Verb.MATCHED, target=now, at=at, after=after)
    return matched


@transaction.atomic
def void_participation(participation: Participation, *, reason: str, actor: Actor, at: datetime) -> None:
    """Void one entry with a reason: it no longer counts, its certificate is revoked, and it may be entered anew."""
    activity = locked(participation.activity)
    require_own(activity, actor)
    entries = Participation.objects.unscoped("void").filter(pk=participation.pk, voided_at__isnull=True)
    enterprises = entries.values_list("enterprise_id", flat=True)
    with following(tallies.people(Q(pk=participation.pk), enterprises)):
        if not entries.update(voided_at=at, void_reason=reason, counts=False):
            raise AlreadyVoided
    revoke_all(activity, [participation.pk], reason=reason, actor=actor, at=at)
    before = {"participation": participation.pk, "number": participation.number}
    record(
        actor=actor,
        verb=Verb.VOIDED,
        target=activity,
        at=at,
        before=before,
        reason=reason,
        label=str(participation),
    )
