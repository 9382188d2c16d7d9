"""One entry of a list: who counts as the same person, which enterprise is meant, how entries are written."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Max, Q

from midun.activities import tallies
from midun.activities.kinds import Method
from midun.activities.models import Activity, Participation
from midun.activities.people import Person, plain
from midun.activities.services.matching import enterprise_for, find_enterprise, is_known_body
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics.counts import following

_BATCH = 500


class Present:
    """Who is in the list of an event.

    The same person is who has the same number; where one of the two has none, who has the same name and enterprise.
    """

    def __init__(self, activity: Activity) -> None:
        entries = Participation.objects.unscoped("one per person and event").filter(activity=activity)
        self._by_identity: dict[str, Participation] = {}
        self._by_name: dict[str, Participation] = {}
        for entry in entries.filter(voided_at__isnull=True):
            self._by_identity[entry.identity] = entry
            self._by_name.setdefault(name_key(entry.person_name, entry.enterprise_name), entry)

    def find(self, person: Person) -> Participation | None:
        """The entry of a person."""
        key = name_key(person.name, person.enterprise)
        if person.phone:
            return self._by_identity.get(person.identity) or self._by_identity.get(key)
        return self._by_name.get(key)

    def __contains__(self, person: Person) -> bool:
        return self.find(person) is not None


def name_key(name: str, enterprise: str) -> str:
    """The identity of somebody whose number is not known."""
    return f"name:{plain(name)}|{plain(enterprise)}"


def listed(activity: Activity, person: Person) -> Participation | None:
    """The valid entry of a person at this event: as `Present`, for one person."""
    entries = Participation.objects.unscoped("one per person and event").filter(activity=activity)
    key = name_key(person.name, person.enterprise)
    likely = Q(identity__in=(person.identity, key)) if person.phone else Q(identity=key) | Q(person_name=person.name)
    found = entries.filter(likely, voided_at__isnull=True).order_by("number")
    if person.phone:
        by_identity = {entry.identity: entry for entry in found}
        return by_identity.get(person.identity) or by_identity.get(key)
    return next((entry for entry in found if name_key(entry.person_name, entry.enterprise_name) == key), None)


class Bodies:
    """Which enterprise people mean, asked once per spelling.

    What an officer enters with a valid code is added to the directory; what a visitor types (`visitor`) waits for an
    officer.
    """

    def __init__(self, activity: Activity, actor: Actor, at: datetime, *, visitor: bool = False) -> None:
        self._node, self._actor, self._at, self._visitor = activity.unit.jurisdiction, actor, at, visitor
        self._known: dict[tuple[str, str], tuple[Organisation | None, bool]] = {}

    def of(self, person: Person) -> tuple[Organisation | None, bool]:
        """The enterprise, if it is known; and whether the person is of an enterprise at all."""
        key = (person.enterprise, person.credit_code)
        if key not in self._known:
            self._known[key] = self._look_up(person)
        return self._known[key]

    def _look_up(self, person: Person) -> tuple[Organisation | None, bool]:
        if person.is_private and not person.credit_code:
            return None, False
        names = {"name": person.enterprise, "credit_code": person.credit_code}
        found = (
            find_enterprise(**names, near=self._node.path)
            if self._visitor
            else enterprise_for(**names, node=self._node, actor=self._actor, at=self._at)
        )
        return found, found is not None or not is_known_body(**names)


def entry_of(
    activity: Activity,
    person: Person,
    bodies: Bodies,
    *,
    method: Method,
    number: int,
    at: datetime,
    consent_at: datetime | None = None,
) -> Participation:
    """The entry of a person, not yet written."""
    enterprise, is_enterprise = bodies.of(person)
    return Participation(
        activity=activity,
        number=number,
        enterprise=enterprise,
        is_enterprise=is_enterprise,
        credit_code=person.credit_code,
        enterprise_name=person.enterprise,
        person_name=person.name,
        title=person.title,
        phone=person.phone,
        identity=person.identity,
        signed_in_at=at,
        method=method,
        consent_at=consent_at,
        unit_id=activity.unit_id,
        day=activity.day,
        group=activity.group,
        counts=True,
    )


def enter(activity: Activity, entries: Sequence[Participation]) -> None:
    """Write entries with rising numbers; the caller holds the lock on the event and knows that nobody is listed yet."""
    if not entries:
        return
    new = Q(activity=activity, number__gte=entries[0].number)
    with following(tallies.people(new, [e.enterprise_id for e in entries], new=True)):
        Participation.objects.bulk_create(entries, batch_size=_BATCH)


def next_number(activity: Activity) -> int:
    """The number of the next entry; valid while the event is locked."""
    entries = Participation.objects.unscoped("numbering").filter(activity=activity)
    return int(entries.aggregate(last=Max("number"))["last"] or 0) + 1
