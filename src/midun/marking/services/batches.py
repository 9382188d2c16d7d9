"""Submitting a batch, deciding on it, what becomes of its copies, and checking a trace report against them."""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from midun.evidence.services.platform import Subject, declare
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import NotPossible, Refused, people_with, require
from midun.kernel.trail.services import record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.lib.bundle.copies import BatchText
from midun.lib.marking.manifest import Malformed, read_manifest, read_openings
from midun.marking.models import IssueBatch, IssuedCopy
from midun.marking.models.batches import REASON, TITLE


class BatchProblem(NotPossible):
    """The batch cannot be submitted, decided or noted so."""


class Fate(StrEnum):
    """What becomes of a copy; the names of its stamps."""

    ACKNOWLEDGED = "acknowledged_at"
    RECALLED = "recalled_at"
    DESTROYED = "destroyed_at"


VERBS = {
    Fate.ACKNOWLEDGED: Verb.COPY_ACKNOWLEDGED,
    Fate.RECALLED: Verb.COPY_RECALLED,
    Fate.DESTROYED: Verb.COPY_DESTROYED,
}


@dataclass(frozen=True)
class Finding:
    """What a trace report's copy is here: the registered copy its opening leads to, or none."""

    copy: str
    commitment: str
    registered: IssuedCopy | None


@transaction.atomic
def submit(
    *,
    enterprise: Organisation,
    title: str,
    channel: str,
    expires_on: date | None,
    data: bytes,
    actor: Actor,
    at: datetime,
) -> IssueBatch:
    """Register a batch for approval. Raises `Refused`, `BatchProblem`."""
    require(actor, Permission.DEPOSIT)
    if actor.organisation_id != enterprise.pk or enterprise.kind != OrganisationKind.ENTERPRISE:
        raise Refused("只能登记本企业的副本")
    title = " ".join(title.split())[:TITLE]
    if not title:
        raise BatchProblem("请填写名称")
    if channel not in IssueBatch.Channel.values:
        raise BatchProblem("请选择发放渠道")
    if expires_on is not None and expires_on < localdate(at):
        raise BatchProblem("收回日期不能早于今天")
    try:
        said = read_manifest(data)
    except Malformed as error:
        raise BatchProblem(str(error)) from error
    grade, commitments, term = said.grade, said.commitments, said.until
    expires_on = min((day for day in (expires_on, term) if day is not None), default=None)
    registered = IssuedCopy.objects.unscoped("copies of one's own").filter(batch__enterprise=enterprise)
    living = registered.exclude(batch__approved=False)
    if _any(living, commitments):
        raise BatchProblem("登记文件中有已登记过的副本，请勿重复登记")
    made: IssueBatch = IssueBatch.objects.create(
        enterprise=enterprise,
        title=title,
        grade=grade,
        term_until=term,
        channel=channel,
        expires_on=expires_on,
        sha256=hashlib.sha256(data).hexdigest(),
        count=len(commitments),
        submitted_at=at,
        submitted_by_id=actor.user_id,
    )
    rows = [IssuedCopy(batch=made, number=n, commitment=one) for n, one in enumerate(commitments, 1)]
    IssuedCopy.objects.bulk_create(rows)
    there = people_with(Permission.APPROVE_COPIES, path=enterprise.jurisdiction.path)
    to = [one for one in there if one.organisation_id == enterprise.pk and one.user_id != actor.user_id]
    text, url = f"副本发放待审批：{made.count} 份", made.get_absolute_url()
    send(kind=Notice.Kind.TODO, to=to, text=text, url=url, key=f"issue-batch-{made.pk}", at=at)
    record(actor=actor, verb=Verb.COPIES_SUBMITTED, target=made, at=at, after={"copies": made.count})
    return made


def _any(living: Any, commitments: list[str]) -> bool:
    step = 500  # below what SQLite takes as parameters
    parts = (commitments[start : start + step] for start in range(0, len(commitments), step))
    return any(living.filter(commitment__in=part).exists() for part in parts)


@transaction.atomic
def decide(batch: IssueBatch, *, approved: bool, reason: str, actor: Actor, at: datetime) -> None:
    """Approve, which deposits the batch's digest in the log, or send back. Raises `Refused`, `BatchProblem`."""
    require(actor, Permission.APPROVE_COPIES)
    now = held_batch(batch, actor)
    if now.decided_at is not None:
        raise BatchProblem("已审批过")
    if now.submitted_by_id == actor.user_id:
        raise Refused("提交人不能审批自己提交的批次")
    reason = " ".join(reason.split())[:REASON]
    if not approved and not reason:
        raise BatchProblem("退回时请写明理由")
    now.decided_at, now.decided_by_id, now.approved = at, actor.user_id, approved
    now.reason = "" if approved else reason
    now.save(update_fields=["decided_at", "decided_by", "approved", "reason"])
    verb = Verb.COPIES_APPROVED if approved else Verb.COPIES_SENT_BACK
    record(actor=actor, verb=verb, target=now, at=at)
    if approved:
        declare(Subject.ISSUE, str(now.uuid), batch_text(now), at=at)


def batch_text(batch: IssueBatch) -> str:
    """What is deposited of a batch: the digest of its registration file and the root over its commitments."""
    return BatchText.of(str(batch.uuid), batch.sha256, commitments_of(batch)).encode()


def commitments_of(batch: IssueBatch) -> list[str]:
    """All of a batch, in order."""
    rows = IssuedCopy.objects.unscoped("of one batch").filter(batch=batch).order_by("number")
    return list(rows.values_list("commitment", flat=True))


@transaction.atomic
def postpone(batch: IssueBatch, *, expires_on: date | None, reason: str, actor: Actor, at: datetime) -> None:
    """Give the copies of an approved batch another day of return, or none. Raises `Refused`, `BatchProblem`."""
    require(actor, Permission.APPROVE_COPIES)
    now = held_batch(batch, actor)
    reason = " ".join(reason.split())[:REASON]
    if not now.approved:
        raise BatchProblem("批次未获批准")
    if not reason:
        raise BatchProblem("请写明改期理由，如“续签保密协议”“已解密”")
    if expires_on is not None and expires_on < localdate(at):
        raise BatchProblem("收回日期不能早于今天")
    before, after = snapshot(now, "expires_on"), expires_on.isoformat() if expires_on else ""
    now.expires_on = expires_on
    now.save(update_fields=["expires_on"])
    record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=before, after={"expires_on": after}, reason=reason)


@transaction.atomic
def note_copy(batch: IssueBatch, *, number: str, fate: str, actor: Actor, at: datetime) -> None:
    """Note that a copy was acknowledged, recalled or destroyed. Raises `Refused`, `BatchProblem` the second time."""
    require(actor, Permission.DEPOSIT)
    now = held_batch(batch, actor)
    if not now.approved:
        raise BatchProblem("批次未获批准，副本不应发出")
    if fate not in set(Fate):
        raise BatchProblem("请选择要登记的事项")
    known = IssuedCopy.objects.unscoped("of the batch held").filter(batch=now)
    copy = known.filter(number=int(number)).first() if re.fullmatch("[0-9]{1,6}", number) else None
    if copy is None:
        raise BatchProblem("没有这份副本")
    if getattr(copy, fate) is not None:
        raise BatchProblem("已登记过")
    if fate != Fate.DESTROYED and copy.destroyed_at is not None:
        raise BatchProblem("副本已销毁，不能再登记")
    setattr(copy, fate, at)
    copy.save(update_fields=[fate])
    record(actor=actor, verb=VERBS[Fate(fate)], target=now, at=at, after={"number": number})


def check_report(data: bytes, *, actor: Actor) -> list[Finding]:
    """Which registered copies a trace report opens. Raises `Refused`, `BatchProblem`: it is no report."""
    require(actor, Permission.READ_DEPOSITS)
    try:
        opened = [(copy, held.commitment) for copy, held in read_openings(data)]
    except Malformed as error:
        raise BatchProblem(str(error)) from error
    known = IssuedCopy.objects.visible_to(actor).filter(batch__approved=True).select_related("batch")
    return [Finding(copy, commitment, known.filter(commitment=commitment).first()) for copy, commitment in opened[:100]]


def held_batch(batch: IssueBatch, actor: Actor) -> IssueBatch:
    """The batch as it is now, locked. Raises `Refused`: another enterprise's."""
    now: IssueBatch = IssueBatch.objects.unscoped("lock").select_for_update(of=("self",)).get(pk=batch.pk)
    if actor.organisation_id != now.enterprise_id:
        raise Refused("只能办理本企业的副本")
    return now
