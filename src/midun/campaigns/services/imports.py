"""Importing the annex: read, keep for the officer to look at, apply once and whole."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db import transaction

from midun.campaigns.annex import Annex, AnnexRow, Rejection, read_annex
from midun.campaigns.models import Campaign, PendingImport, PlanLine, PlanState, UnitAlias
from midun.campaigns.services.notices import tell_unit
from midun.campaigns.services.participants import create_unit, possible_units, take_part
from midun.campaigns.services.preview import CREATE, SKIP, Preview, PreviewRow, RowStatus, alias_key, preview
from midun.campaigns.services.rights import lock, require_not_closed, require_organiser
from midun.campaigns.services.strands import suggest
from midun.kernel.files.pending import KEPT
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.lib.sheets import read_tables, read_text

RIGHT = Permission.MANAGE_CAMPAIGNS
PASTED = "粘贴的文字"
_ASIDE = 1_000_000_000
_FIELDS = ("number", "category", "content", "state", "strand")


class PreviewOutdated(Exception):
    """The plan or the units changed after the preview was shown; nothing was written."""

    def __init__(self) -> None:
        super().__init__("预览之后活动安排又有变动，尚未导入。请核对更新后的预览再确认。")


class NotDecided(Exception):
    """Something about the import is still open; `str()` says what."""


@dataclass(frozen=True)
class Source:
    """An annex as read: what it holds, what it is called and which bytes it was."""

    annex: Annex
    name: str
    digest: str


@dataclass
class Outcome:
    """What an import did. `created` and `joined` are the units that are new in the tree and in the campaign."""

    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    created: list[str] = field(default_factory=list)
    joined: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"新增 {self.new} 条，更新 {self.changed} 条，相同 {self.same} 条，拒收 {self.rejected} 行"


def read_source(*, data: bytes = b"", name: str = "", text: str = "") -> Source:
    """Read an uploaded file or pasted text. Raises `SheetError` or `AnnexError`."""
    if data:
        return Source(read_annex(read_tables(data, name=name)), name[-130:], hashlib.sha256(data).hexdigest())
    return Source(read_annex(read_text(text)), PASTED, hashlib.sha256(text.encode()).hexdigest())


@transaction.atomic
def open_import(*, campaign: Campaign, source: Source, as_pending: bool, actor: Actor, at: datetime) -> PendingImport:
    """Keep what was read until the officer confirms; the plan is not touched."""
    require_organiser(actor, campaign)
    require_not_closed(campaign)
    pending: PendingImport = PendingImport.objects.create(
        campaign=campaign,
        source=source.name,
        digest=source.digest,
        annex=asdict(source.annex),
        as_pending=as_pending,
        created_by_id=actor.user_id,
        created_at=at,
        expires_at=at + KEPT,
    )
    return pending


def annex_of(pending: PendingImport) -> Annex:
    """The annex as it was read."""
    kept = pending.annex
    return Annex(
        rows=tuple(AnnexRow(**row) for row in kept["rows"]),
        rejected=tuple(Rejection(**row) for row in kept["rejected"]),
        notes=tuple(kept["notes"]),
    )


def preview_of(pending: PendingImport) -> Preview:
    """What confirming would do now."""
    return preview(
        campaign=pending.campaign,
        annex=annex_of(pending),
        decisions=pending.decisions,
        as_pending=pending.as_pending,
    )


@transaction.atomic
def decide(*, pending: PendingImport, decisions: Mapping[str, str], as_pending: bool, actor: Actor) -> None:
    """Keep what the officer chose for unknown units; still nothing in the plan."""
    require_organiser(actor, pending.campaign)
    known = {str(unit.pk) for unit in possible_units(pending.campaign.organiser)}
    for choice in decisions.values():
        kind, _, number = choice.partition(":")
        if choice not in (CREATE, SKIP, "") and not (kind == "unit" and number in known):
            raise Refused("只能匹配本辖区内的单位")
    names = {row["unit"] for row in pending.annex["rows"]}
    pending.decisions = {name: choice for name, choice in decisions.items() if choice and name in names}
    pending.as_pending = as_pending
    pending.save(update_fields=["decisions", "as_pending"])


@transaction.atomic
def confirm(*, pending: PendingImport, fingerprint: str, skip_rejected: bool, actor: Actor, at: datetime) -> Outcome:
    """Apply a preview. A second confirmation changes nothing and tells the outcome of the first."""
    locked = PendingImport.objects.unscoped("confirm once").select_for_update()
    stored: PendingImport = locked.select_related("campaign__organiser__jurisdiction").get(pk=pending.pk)
    if stored.confirmed_at:
        return Outcome(**stored.outcome)
    if stored.expires_at <= at:
        raise NotDecided("预览已超过 24 小时，请重新上传附件")
    outcome = import_annex(
        campaign=stored.campaign,
        source=Source(annex_of(stored), stored.source, stored.digest),
        decisions=stored.decisions,
        as_pending=stored.as_pending,
        skip_rejected=skip_rejected,
        fingerprint=fingerprint,
        actor=actor,
        at=at,
    )
    stored.confirmed_at, stored.outcome = at, asdict(outcome)
    stored.save(update_fields=["confirmed_at", "outcome"])
    return outcome


@transaction.atomic
def discard(*, pending: PendingImport, actor: Actor) -> None:
    """Throw an unconfirmed preview away."""
    require_organiser(actor, pending.campaign)
    if pending.confirmed_at is None:
        pending.delete()


@transaction.atomic
def import_annex(
    *,
    campaign: Campaign,
    source: Source,
    actor: Actor,
    at: datetime,
    decisions: Mapping[str, str] | None = None,
    as_pending: bool = False,
    skip_rejected: bool = False,
    fingerprint: str = "",
) -> Outcome:
    """Bring the plan of `campaign` to what the annex says: all of it or nothing.

    Raises `NotDecided` while units are unknown or rows are rejected and nobody said to skip them, and
    `PreviewOutdated` when `fingerprint` is given and the plan has changed since.
    """
    lock(campaign)
    require_organiser(actor, campaign)
    require_not_closed(campaign)
    chosen = dict(decisions or {})
    shown = preview(campaign=campaign, annex=source.annex, decisions=chosen, as_pending=as_pending)
    _refuse_open(shown, fingerprint, skip_rejected=skip_rejected)
    counts = shown.counts
    outcome = Outcome(
        new=counts[RowStatus.NEW],
        changed=counts[RowStatus.CHANGED],
        same=counts[RowStatus.SAME],
        rejected=counts[RowStatus.REJECTED],
    )
    _learn(campaign, shown, chosen, actor, at)
    if made := _create_units(campaign, shown, actor, at):
        chosen |= {name: f"unit:{unit.pk}" for name, unit in made.items()}
        outcome.created = [unit.label for unit in made.values()]
        shown = preview(campaign=campaign, annex=source.annex, decisions=chosen, as_pending=as_pending)
    rows = [row for row in shown.rows if row.unit and row.status != RowStatus.REJECTED]
    came = take_part(campaign, {row.unit: row.category for row in rows if row.unit})
    outcome.joined = [unit.label for unit in came]
    _write(campaign, shown, source, as_pending=as_pending, actor=actor, at=at)
    after = {"file": source.name, "sha256": source.digest, **asdict(outcome)}
    record(actor=actor, verb=Verb.IMPORTED, target=campaign, at=at, after=after)
    if campaign.is_running:
        for unit in came:
            tell_unit(campaign, unit, at)
    return outcome


def _refuse_open(shown: Preview, fingerprint: str, *, skip_rejected: bool) -> None:
    if fingerprint and shown.fingerprint != fingerprint:
        raise PreviewOutdated
    if shown.open_questions:
        raise NotDecided(f"还有 {shown.open_questions} 个单位未识别，请先匹配、新建或选择不导入")
    rejected = shown.counts[RowStatus.REJECTED]
    if rejected and not skip_rejected:
        raise NotDecided(f"有 {rejected} 行被拒收，请修改附件后重新上传，或勾选“跳过被拒收的行”")


def _create_units(campaign: Campaign, shown: Preview, actor: Actor, at: datetime) -> dict[str, Organisation]:
    """The units the officer chose to create, by the name the annex gives them."""
    wanted = [unknown.name for unknown in shown.unknown if unknown.decision == CREATE]
    return {name: create_unit(campaign=campaign, name=name, actor=actor, at=at) for name in wanted}


def _learn(campaign: Campaign, shown: Preview, decisions: Mapping[str, str], actor: Actor, at: datetime) -> None:
    """Remember names matched by hand, so that the next annex is recognised by itself."""
    for unknown in shown.unknown:
        kind, _, number = decisions.get(unknown.name, "").partition(":")
        if kind != "unit":
            continue
        unit = Organisation.objects.unscoped("checked by preview").get(pk=int(number))
        alias, fresh = UnitAlias.objects.unscoped("learn").get_or_create(
            organiser=campaign.organiser, name=alias_key(unknown.name), defaults={"unit": unit}
        )
        if fresh:
            record(actor=actor, verb=Verb.MATCHED, target=unit, at=at, after={"name": unknown.name, "alias": alias.pk})


def _write(campaign: Campaign, shown: Preview, source: Source, *, as_pending: bool, actor: Actor, at: datetime) -> None:
    lines = PlanLine.objects.unscoped("write the annex").filter(campaign=campaign)
    touched = [row.line for row in shown.rows if row.line and row.status == RowStatus.CHANGED]
    for line in (*touched, *(line for line, _ in shown.moved)):
        lines.filter(pk=line.pk).update(number=_ASIDE + line.pk)
    strands = list(campaign.strands.all())
    reason = f"导入附件“{source.name}”"[:200]
    for line, number in shown.moved:
        held, wanted = {"number": line.number}, {"number": number}
        lines.filter(pk=line.pk).update(number=number, version=line.version + 1)
        record(actor=actor, verb=Verb.CHANGED, target=line, at=at, before=held, after=wanted, reason=reason)
    for row in shown.rows:
        if row.line and row.status == RowStatus.CHANGED and row.number is not None:
            line, old = row.line, snapshot(row.line, *_FIELDS)
            _fill(line, row, row.number, as_pending=as_pending, at=at)
            line.strand = line.strand or suggest(line.content, strands)
            line.version += 1
            line.save()
            before, after = changed(old, snapshot(line, *_FIELDS))
            record(actor=actor, verb=Verb.CHANGED, target=line, at=at, before=before, after=after, reason=reason)
    fresh = []
    for row in shown.rows:
        if row.status == RowStatus.NEW and row.unit and row.number is not None:
            line = PlanLine(campaign=campaign, unit=row.unit, created_at=at, created_by_id=actor.user_id)
            _fill(line, row, row.number, as_pending=as_pending, at=at)
            line.strand = suggest(line.content, strands)
            fresh.append(line)
    for line in PlanLine.objects.bulk_create(fresh):
        after = snapshot(line, "unit", *_FIELDS)
        record(actor=actor, verb=Verb.IMPORTED, target=line, at=at, after=after, reason=reason)


def _fill(line: PlanLine, row: PreviewRow, number: int, *, as_pending: bool, at: datetime) -> None:
    line.number, line.category, line.content = number, row.category, row.content
    line.state = PlanState.SUBMITTED if as_pending else PlanState.APPROVED
    line.submitted_at = at if as_pending else (line.submitted_at or at)
    if as_pending:
        line.done_at, line.done_note = None, ""
    else:
        line.reviewed_at = at
    line.return_reason = ""


@transaction.atomic
def drop_expired(*, at: datetime) -> int:
    """Delete previews nobody confirmed in time; returns how many."""
    dropped, _ = PendingImport.objects.unscoped("expired previews").expired(at).delete()
    return dropped
