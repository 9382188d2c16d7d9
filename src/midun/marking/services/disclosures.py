"""Showing one registered copy to the bureau that handles a claim, taking it back, and the files that prove it."""

import re
from datetime import datetime

from django.conf import settings
from django.db import transaction

from midun.claims.models import Claim
from midun.claims.services.telling import tell_unit
from midun.evidence.bundles import bundle_of
from midun.evidence.models import Deposit, PlatformDeposit
from midun.evidence.services.platform import Subject, deposits_of
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.services import Refused, require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.lib.bundle.copies import BatchProof
from midun.lib.bundle.copies import Disclosure as Shown
from midun.lib.bundle.copies_verified import row_of
from midun.lib.marking.manifest import Malformed, Opening, read_openings
from midun.marking.models import Disclosure, IssueBatch, IssuedCopy
from midun.marking.models.disclosures import REASON
from midun.marking.services.batches import BatchProblem, commitments_of, held_batch

_NUMBER = re.compile("[0-9]{1,6}")


@transaction.atomic
def disclose(batch: IssueBatch, *, number: str, claim: Claim, data: bytes, actor: Actor, at: datetime) -> Disclosure:
    """Show one copy to the bureau that handles a claim of the enterprise.

    `data` is an opening file or a trace report; only the opening of this very copy is taken out of it and kept.
    Raises `Refused`, `BatchProblem` with what is wrong.
    """
    require(actor, Permission.APPROVE_COPIES)
    now = held_batch(batch, actor)
    copy = copy_of(now, number)
    deposit_of(now)
    case: Claim = Claim.objects.unscoped("lock").select_for_update(of=("self",)).select_related("unit").get(pk=claim.pk)
    if case.enterprise_id != now.enterprise_id:
        raise Refused("只能就本企业的诉求出示")
    if not case.is_open or case.voided_at is not None:
        raise BatchProblem("诉求已办结或作废，不能再出示")
    if case.unit.kind != OrganisationKind.BUREAU:
        raise BatchProblem(f"该诉求由{case.unit.name}办理；副本登记只向市场监督管理部门出示")
    opening = _opening(data, copy)
    there = Disclosure.objects.unscoped("those of the copy").live().filter(copy=copy, claim=case, unit=case.unit)
    if there.exists():
        raise BatchProblem("这份副本已就该诉求出示过")
    made: Disclosure = Disclosure.objects.create(
        copy=copy,
        claim=case,
        unit=case.unit,
        salt=opening.salt,
        text=opening.text,
        disclosed_at=at,
        disclosed_by_id=actor.user_id,
    )
    after = {"claim": case.number, "unit": case.unit.name, "batch": str(now.uuid), "number": copy.number}
    record(actor=actor, verb=Verb.COPY_DISCLOSED, target=made, at=at, after=after)
    tell_unit(case, f"企业就诉求 {case.number} 出示了一份副本登记", key=f"disclosure-{made.pk}", at=at)
    return made


def copy_of(batch: IssueBatch, number: str) -> IssuedCopy:
    """One copy of a batch by its number. Raises `BatchProblem`."""
    known = IssuedCopy.objects.unscoped("of one batch").filter(batch=batch)
    copy: IssuedCopy | None = known.filter(number=int(number)).first() if _NUMBER.fullmatch(number) else None
    if copy is None:
        raise BatchProblem("没有这份副本")
    return copy


def _opening(data: bytes, copy: IssuedCopy) -> Opening:
    try:
        held = [opening for _number, opening in read_openings(data)]
        found = next((one for one in held if one.commitment == copy.commitment), None)
    except Malformed as error:
        raise BatchProblem(str(error)) from error
    if found is None:
        raise BatchProblem("文件中的登记内容与这份副本的承诺值不符：不是这一份副本，或内容已被改动")
    try:
        row_of(found.text)
    except (ValueError, RecursionError) as error:
        raise BatchProblem("这份副本登记的内容不符合格式，不能出示") from error
    return found


@transaction.atomic
def withdraw(disclosure: Disclosure, *, reason: str, actor: Actor, at: datetime) -> None:
    """Take it back: the bureau does not see it any more. Raises `Refused`, `BatchProblem`."""
    require(actor, Permission.APPROVE_COPIES)
    rows = Disclosure.objects.unscoped("lock").select_for_update(of=("self",)).select_related("copy__batch")
    now: Disclosure = rows.get(pk=disclosure.pk)
    if actor.organisation_id != now.copy.batch.enterprise_id:
        raise Refused("只能撤回本企业的出示")
    if now.voided_at is not None:
        raise BatchProblem("已撤回")
    reason = " ".join(reason.split())[:REASON]
    if not reason:
        raise BatchProblem("请写明撤回理由")
    now.voided_at, now.void_reason = at, reason
    now.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.COPY_DISCLOSURE_WITHDRAWN, target=now, at=at, reason=reason)


def deposit_of(batch: IssueBatch) -> tuple[PlatformDeposit, Deposit]:
    """What was deposited of a batch, and its place in the log. Raises `BatchProblem`: it is not in the log yet."""
    declared = deposits_of(Subject.ISSUE, [str(batch.uuid)]).get(str(batch.uuid))
    if declared is None or declared.deposit is None:
        raise BatchProblem("批次还没有存入存证日志，请稍后再试")
    return declared, declared.deposit


def batch_proof(batch: IssueBatch, *, at: datetime, papers: bool = True) -> BatchProof:
    """The proof of a batch at its present stage. Raises `BatchProblem`, `NotInLog`."""
    declared, deposit = deposit_of(batch)
    bundle = bundle_of(deposit, at=at, site=settings.MIDUN_BASE_URL, papers=papers)
    return BatchProof(declared.text, bytes(declared.salt).hex(), tuple(commitments_of(batch)), bundle)


def disclosure_file(disclosure: Disclosure, *, at: datetime, papers: bool = True) -> Shown:
    """What is shown, with its proof, and nothing else of the batch. Raises `BatchProblem`, `NotInLog`."""
    proof = batch_proof(disclosure.copy.batch, at=at, papers=papers)
    return proof.disclose(Opening(disclosure.salt, disclosure.text))
