"""线索筛查: a report is verified, its summary attached to the claim; the report itself is not kept."""

from datetime import datetime
from typing import Any

from django.db import transaction

from midun.claims.models import Claim
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import NotPossible, Refused, require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.lib.similarity.report.summary import BadReport, summarised
from midun.matching.models import Screening, SealedSession
from midun.matching.models.screening import NOTE

_REASON = 300


class ScreeningProblem(NotPossible):
    """The report cannot be attached, or the screening not voided."""


@transaction.atomic
def attach_report(claim: Claim, *, data: bytes, note: str, actor: Actor, at: datetime) -> Screening:
    """Verify a `report.json` and attach its summary. Raises `Refused`, `ScreeningProblem` with what is wrong."""
    require(actor, Permission.SCREEN)
    now: Claim = Claim.objects.unscoped("lock").select_for_update(of=("self",)).get(pk=claim.pk)
    if actor.user_id is not None and actor.organisation_id != now.unit_id:
        raise Refused("只有办理单位可以附入比对报告")
    if not now.is_open or now.voided_at is not None:
        raise ScreeningProblem("诉求已办结或作废，不能再附入比对报告")
    try:
        summary = summarised(data, titles=True)
    except BadReport as bad:
        raise ScreeningProblem(str(bad)) from bad
    return keep(now, summary, note=note, session=None, actor=actor, at=at)


def keep(
    claim: Claim, summary: dict[str, Any], *, note: str, session: SealedSession | None, actor: Actor, at: datetime
) -> Screening:
    """Attach a verified summary, in the caller's transaction. Raises `ScreeningProblem` the second time."""
    live = Screening.objects.unscoped("those of the claim").live().filter(claim=claim)
    if live.filter(report_sha256=summary["report_sha256"]).exists():
        raise ScreeningProblem("这份报告已附在该诉求上")
    made: Screening = Screening.objects.create(
        claim=claim,
        unit_id=claim.unit_id,
        report_sha256=summary["report_sha256"],
        made_at=datetime.fromisoformat(summary["made_at"]),
        summary=summary,
        note=note.strip()[:NOTE],
        session=session,
        attached_at=at,
        attached_by_id=actor.user_id,
    )
    after = {"report_sha256": made.report_sha256, "above_threshold": made.above}
    record(actor=actor, verb=Verb.SCREENING_ATTACHED, target=made, at=at, after=after)
    return made


@transaction.atomic
def void_screening(screening: Screening, *, reason: str, actor: Actor, at: datetime) -> None:
    """Void one that was attached by mistake. Raises `Refused`, `ScreeningProblem`."""
    require(actor, Permission.SCREEN)
    now: Screening = Screening.objects.unscoped("lock").select_for_update(of=("self",)).get(pk=screening.pk)
    if actor.user_id is not None and actor.organisation_id not in (now.unit_id, now.claim.unit_id):
        raise Refused("只有附入或办理单位可以作废")
    if now.voided_at is not None:
        raise ScreeningProblem("已作废")
    reason = reason.strip()[:_REASON]
    if not reason:
        raise ScreeningProblem("请写明作废理由")
    now.voided_at, now.void_reason = at, reason
    now.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.VOIDED, target=now, at=at, reason=reason)
