"""Writing and verifying the trail."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import connection, models, transaction

from midun.kernel.trail import chain, guard
from midun.kernel.trail.models import Entry
from midun.kernel.trail.verbs import Verb

_LOCK = 0x6D6964756E  # "midun": the advisory lock under which entries are numbered
_LABEL = 300
_BATCH = 2000
_INSERTED = 500


class Doer(Protocol):
    """Whoever acts: `midun.kernel.orgs.actor.Actor` has these, and the trail needs no more."""

    @property
    def user_id(self) -> int | None:
        """The person, None for the platform itself."""
        ...

    @property
    def user_name(self) -> str:
        """The person's name."""
        ...

    @property
    def membership_id(self) -> int | None:
        """In which membership."""
        ...

    @property
    def role_value(self) -> str:
        """The role, as stored."""
        ...

    @property
    def organisation_name(self) -> str:
        """The organisation's name."""
        ...

    @property
    def path(self) -> str:
        """The jurisdiction path."""
        ...


@dataclass(frozen=True)
class Note:
    """What one entry says beside who and when. `before`/`after` hold only the fields that changed."""

    verb: Verb
    target: models.Model | None
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None
    reason: str = ""
    label: str = ""


def hold() -> None:
    """Take the trail's lock until the end of the transaction, before an act that only one writer at a time may do.

    Whoever holds it sees everything that was committed, and nobody else commits an act meanwhile. (SQLite's write
    transactions are alone anyway.)
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("trail.record must run inside a transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def record(
    *,
    actor: Doer,
    verb: Verb,
    target: models.Model | None,
    at: datetime,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    reason: str = "",
    label: str = "",
) -> Entry:
    """Append one entry inside the caller's transaction.

    `before`/`after` hold only the fields that changed. Values are stored as canonical JSON; dates and
    decimals as text. Must be called inside `transaction.atomic`; the lock it takes is held to the commit,
    so call it as the last write of a service.
    """
    note = Note(verb=verb, target=target, before=before, after=after, reason=reason, label=label)
    return record_many([note], actor=actor, at=at)[0]


def record_many(notes: Iterable[Note], *, actor: Doer, at: datetime) -> list[Entry]:
    """Append one entry per note with a constant number of queries: for acts on thousands of rows, as `record`."""
    hold()
    seq, previous = head()
    entries = []
    for note in notes:
        seq += 1
        entry = _entry(note, actor=actor, at=at, seq=seq, previous=previous)
        previous = entry.digest
        entries.append(entry)
    return Entry.objects.bulk_create(entries, batch_size=_INSERTED)


def _entry(note: Note, *, actor: Doer, at: datetime, seq: int, previous: str) -> Entry:
    target = note.target
    label = note.label or (str(target) if target is not None else "")
    entry = Entry(
        seq=seq,
        at=at,
        user_id=actor.user_id,
        user_name=actor.user_name,
        membership_id=actor.membership_id,
        role=actor.role_value,
        organisation=actor.organisation_name,
        path=actor.path,
        verb=note.verb.value,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        target_label=label[:_LABEL],
        before=chain.canonical(note.before) if note.before else "",
        after=chain.canonical(note.after) if note.after else "",
        reason=note.reason,
        previous=previous,
    )
    entry.digest = chain.digest(entry.hashed_fields(), previous)
    return entry


def snapshot(obj: models.Model, *names: str) -> dict[str, object]:
    """The values of `names` on `obj` as the trail stores them (foreign keys by id)."""
    return {name: obj.serializable_value(name) for name in names}


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Only what differs between two snapshots: `(old values, new values)`."""
    keys = [key for key in after if before.get(key) != after[key]]
    return {key: before.get(key) for key in keys}, {key: after[key] for key in keys}


def head() -> tuple[int, str]:
    """Number and digest of the newest entry; `(0, GENESIS)` for an empty trail."""
    last = Entry.objects.order_by("-seq").values("seq", "digest").first()
    return (last["seq"], last["digest"]) if last else (0, chain.GENESIS)


def verify(*, anchors: Sequence[tuple[int, str]] = ()) -> Iterator[chain.Fault]:
    """Re-hash the whole trail in bounded memory and yield what is wrong.

    First whether the triggers that guard the table still stand, then every break of the chain. `anchors` are heads
    noted earlier outside the database (`anchors.read`, a backup's manifest, a printed line): with them a trail whose
    newest entries were cut off is found too, which no chain can show by itself.
    """
    yield from guard.faults(connection)
    wanted = dict(anchors)
    seen: dict[int, str] = {0: chain.GENESIS}
    entries = Entry.objects.order_by("seq").iterator(chunk_size=_BATCH)
    yield from chain.faults(_links(entries, wanted, seen))
    yield from chain.anchor_faults(anchors, seen)


def _links(
    entries: Iterable[Entry], wanted: Mapping[int, str], seen: dict[int, str]
) -> Iterator[tuple[Mapping[str, object], str, str]]:
    for entry in entries:
        if entry.seq in wanted:
            seen[entry.seq] = entry.digest
        yield entry.hashed_fields(), entry.previous, entry.digest
