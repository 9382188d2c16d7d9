"""Enterprises from a table: read, look at, enter once and whole; a second import of the same table changes nothing."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction

from midun.directory import enterprise_table
from midun.directory.enterprise_table import EnterpriseRow, Places
from midun.directory.models import EnterpriseImport
from midun.kernel.files.pending import KEPT
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.orgs.services import NotPossible, require
from midun.kernel.trail.services import Note, changed, record, record_many, snapshot
from midun.kernel.trail.verbs import Verb
from midun.lib.sheets import Problem, Row, Table, annotate_xlsx, read_tables

RIGHT = Permission.MANAGE_ENTERPRISES
_CHUNK = 500


class ImportProblem(NotPossible):
    """The import cannot be entered now; nothing was written."""


@dataclass
class Planned:
    """One row and what entering it would do: new, changed (with before and after), same or rejected."""

    row: EnterpriseRow
    status: str
    enterprise: Organisation | None = None
    before: dict[str, object] = field(default_factory=dict)
    after: dict[str, object] = field(default_factory=dict)


@dataclass
class Plan:
    """What entering a table would do now."""

    rows: list[Planned]

    @property
    def counts(self) -> Counter[str]:
        """Rows by status."""
        return Counter(row.status for row in self.rows)

    @property
    def fingerprint(self) -> str:
        """Changes when the directory changed in what matters to these rows since the preview was shown."""
        told = [
            (r.row.number, r.status, sorted(r.after), r.enterprise.version if r.enterprise else 0) for r in self.rows
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def of(self, status: str) -> list[Planned]:
        """The rows of one status."""
        return [row for row in self.rows if row.status == status]

    def errors(self) -> dict[int, dict[int | None, str]]:
        """What is wrong, by row number and column, for the returned copy."""
        return {planned.row.number: planned.row.errors for planned in self.rows if planned.row.errors}


@dataclass
class Outcome:
    """What an import did, in rows."""

    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Source:
    """A table as read: its rows, the row of its titles, the file's name and digest."""

    table: Table
    header: int
    name: str
    digest: str


def read_source(data: bytes, *, name: str) -> Source:
    """Read an uploaded file. Raises `SheetError`."""
    table, header = enterprise_table.pick(read_tables(data, name=name))
    return Source(table, header, name[-130:], hashlib.sha256(data).hexdigest())


def places_of(actor: Actor) -> Places:
    """Where the actor may put enterprises: the open nodes of the own subtree."""
    nodes = list(Jurisdiction.objects.visible_to(actor).open().under(actor.path))
    own = next(node for node in nodes if node.path == actor.path)
    return Places(nodes, own)


@transaction.atomic
def open_import(*, source: Source, actor: Actor, at: datetime) -> EnterpriseImport:
    """Keep what was read until it is confirmed; the directory is not touched. Raises `Refused`."""
    require(actor, RIGHT)
    unit = Organisation.objects.visible_to(actor).get(pk=actor.organisation_id)
    rows = [[row.number, row.cells] for row in source.table.rows]
    problems = [[p.row, p.column, p.message] for p in source.table.problems]
    pending: EnterpriseImport = EnterpriseImport.objects.create(
        unit=unit,
        source=source.name,
        digest=source.digest,
        table={"name": source.table.name, "header": source.header, "rows": rows, "problems": problems},
        created_by_id=actor.user_id,
        created_at=at,
        expires_at=at + KEPT,
    )
    return pending


def source_of(pending: EnterpriseImport) -> Source:
    """The table as it was read."""
    kept = pending.table
    rows = [Row(number, cells) for number, cells in kept["rows"]]
    table = Table(kept["name"], rows, [Problem(*p) for p in kept["problems"]])
    return Source(table, kept["header"], pending.source, pending.digest)


def plan(source: Source, actor: Actor) -> Plan:
    """What entering `source` would do now, with a query per five hundred rows."""
    places = places_of(actor)
    rows = enterprise_table.read(source.table, source.header, places)
    held = _held({row.credit_code for row in rows if row.credit_code})
    return Plan([_planned(row, held.get(row.credit_code), places, actor) for row in rows])


def _held(codes: set[str]) -> dict[str, Organisation]:
    known = Organisation.objects.unscoped("codes are unique in the whole platform").select_related("jurisdiction")
    waiting, held = iter(sorted(codes)), {}
    while chunk := list(islice(waiting, _CHUNK)):
        held.update({o.credit_code: o for o in known.filter(credit_code__in=chunk)})
    return held


def _planned(row: EnterpriseRow, held: Organisation | None, places: Places, actor: Actor) -> Planned:
    if held is not None and not row.errors and (wrong := _not_ours(held, actor)):
        row.errors[None] = wrong
    if row.errors:
        return Planned(row, "rejected")
    if held is None:
        values = {"jurisdiction": places.own, **row.values}
        made = Organisation(kind=OrganisationKind.ENTERPRISE, **values)
        return Planned(row, "new", made, after=snapshot(made, *values))
    names = tuple(row.values)
    old = snapshot(held, *names)
    for name, value in row.values.items():
        setattr(held, name, value)
    before, after = changed(old, snapshot(held, *names))
    return Planned(row, "changed" if after else "same", held, before, after)


def _not_ours(held: Organisation, actor: Actor) -> str:
    """Why an enterprise that is known cannot be changed here; nothing about where it is."""
    if held.kind != OrganisationKind.ENTERPRISE:
        return "该统一社会信用代码属于名录中的其他单位，不是企业"
    if not actor.covers(held.jurisdiction.path):
        return "该企业已在其他辖区的名录中；如已迁入本辖区，请联系共同的上级单位调整属地"
    if held.closed_on:
        return f"该企业已于 {held.closed_on} 注销，请先在名录中恢复"
    return ""


@transaction.atomic
def confirm(*, pending: EnterpriseImport, fingerprint: str, actor: Actor, at: datetime) -> Outcome:
    """Enter a preview. A second confirmation changes nothing and tells the outcome of the first.

    Raises `Refused`, `ImportProblem`.
    """
    rows = EnterpriseImport.objects.unscoped("confirm once").select_for_update(of=("self",))
    stored: EnterpriseImport = rows.get(pk=pending.pk)
    if stored.confirmed_at:
        return Outcome(**stored.outcome)
    if stored.expires_at <= at:
        raise ImportProblem("预览已超过 24 小时，请重新上传")
    outcome = enter(source=source_of(stored), fingerprint=fingerprint, actor=actor, at=at)
    stored.confirmed_at, stored.outcome = at, asdict(outcome)
    stored.table = {}
    stored.save(update_fields=["confirmed_at", "outcome", "table"])
    return outcome


@transaction.atomic
def enter(*, source: Source, actor: Actor, at: datetime, fingerprint: str = "") -> Outcome:
    """Bring the directory to what the good rows of the table say: all of them or none.

    Raises `Refused`, and `ImportProblem` when `fingerprint` is given and the directory has changed since.
    """
    require(actor, RIGHT)
    shown = plan(source, actor)
    _lock(shown)
    if fingerprint and shown.fingerprint != fingerprint:
        raise ImportProblem("预览之后名录又有变动，尚未导入。请核对更新后的预览再确认")
    try:
        with transaction.atomic():
            _write(shown)
    except IntegrityError as taken:
        raise ImportProblem("导入期间名录又有变动，尚未导入。请再确认一次") from taken
    counts = shown.counts
    outcome = Outcome(counts["new"], counts["changed"], counts["same"], counts["rejected"])
    record_many(_notes(shown, source), actor=actor, at=at)
    after = {"file": source.name, "sha256": source.digest, **asdict(outcome)}
    record(actor=actor, verb=Verb.IMPORTED, target=None, at=at, after=after, label="企业名录")
    return outcome


def _lock(shown: Plan) -> None:
    """Hold the rows that will change, and see that they still are as they were read."""
    versions = {p.enterprise.pk: p.enterprise.version for p in shown.of("changed") if p.enterprise}
    waiting = iter(sorted(versions))
    while chunk := list(islice(waiting, _CHUNK)):
        rows = Organisation.objects.unscoped("lock").select_for_update().filter(pk__in=chunk).order_by("pk")
        if any(versions[pk] != version for pk, version in rows.values_list("pk", "version")):
            raise ImportProblem("导入期间名录又有变动，尚未导入。请核对更新后的预览再确认")


def _write(shown: Plan) -> None:
    new = [p.enterprise for p in shown.of("new") if p.enterprise]
    Organisation.objects.bulk_create(new, batch_size=_CHUNK)
    old = [p.enterprise for p in shown.of("changed") if p.enterprise]
    for enterprise in old:
        enterprise.version += 1
    names = sorted({name for p in shown.of("changed") for name in p.after})
    if old:
        Organisation.objects.bulk_create(
            old,
            batch_size=_CHUNK,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*names, "version"],
        )


def _notes(shown: Plan, source: Source) -> Iterator[Note]:
    reason = f"导入“{source.name}”"
    for planned in shown.rows:
        if planned.status == "new":
            yield Note(Verb.IMPORTED, planned.enterprise, after=planned.after, reason=reason)
        elif planned.status == "changed":
            yield Note(Verb.CHANGED, planned.enterprise, planned.before, planned.after, reason=reason)


@transaction.atomic
def discard(*, pending: EnterpriseImport, actor: Actor) -> None:
    """Throw an unconfirmed preview away. Raises `Refused`."""
    require(actor, RIGHT)
    if pending.confirmed_at is None:
        pending.delete()


def returned_copy(source: Source, shown: Plan, *, at: datetime) -> bytes:
    """The table as it came, wrong cells red, with a last column that says what is wrong."""
    return annotate_xlsx(source.table, shown.errors(), at=at, header=source.header)


@transaction.atomic
def drop_expired(*, at: datetime) -> int:
    """Delete previews nobody confirmed in time; returns how many."""
    dropped: tuple[int, dict[str, Any]] = EnterpriseImport.objects.unscoped("expired previews").expired(at).delete()
    return dropped[0]
