"""Writing and verifying the trail."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from django.db import connection, models, transaction

from midun.kernel.trail import chain
from midun.kernel.trail.models import Entry
from midun.kernel.trail.verbs import Verb

_LOCK = 0x6D6964756E  # "midun": the advisory lock under which entries are numbered
_LABEL = 300
_BATCH = 2000


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
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("trail.record must run inside a transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = Entry.objects.order_by("-seq").values("seq", "digest").first()
    entry = Entry(
        seq=(last["seq"] if last else 0) + 1,
        at=at,
        user_id=actor.user_id,
        user_name=actor.user_name,
        membership_id=actor.membership_id,
        role=actor.role_value,
        organisation=actor.organisation_name,
        path=actor.path,
        verb=verb.value,
        target_type=target._meta.label_lower if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        target_label=(label or (str(target) if target is not None else ""))[:_LABEL],
        before=chain.canonical(before) if before else "",
        after=chain.canonical(after) if after else "",
        reason=reason,
        previous=last["digest"] if last else chain.GENESIS,
    )
    entry.digest = chain.digest(entry.hashed_fields(), entry.previous)
    entry.save()
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


def verify(*, expected_head: tuple[int, str] | None = None) -> Iterator[chain.Fault]:
    """Re-hash the whole trail in bounded memory and yield what is wrong.

    `expected_head` is a `(seq, digest)` noted earlier (in a backup manifest or printed report): with it a
    trail whose newest entries were cut off is found too, which no chain can show by itself.
    """
    entries = Entry.objects.order_by("seq").iterator(chunk_size=_BATCH)
    yield from chain.faults((e.hashed_fields(), e.previous, e.digest) for e in entries)
    if expected_head is not None:
        seq, digest = expected_head
        found = Entry.objects.filter(seq=seq).values_list("digest", flat=True).first() if seq else chain.GENESIS
        if found is None:
            yield chain.Fault(seq, f"缺少第 {seq} 条：留痕在此前被截断")
        elif found != digest:
            yield chain.Fault(seq, "与事先记下的摘要不符：留痕在此前被整体改写")
