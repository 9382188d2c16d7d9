"""How far the plan is carried out: a unit says that a line is done and what came of it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from midun.campaigns.models import PlanLine, PlanState
from midun.campaigns.services.plan import require_own
from midun.campaigns.services.rights import NotNow
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.services import claim_version
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.services import ReasonMissing

Files = Sequence[tuple[str, bytes]]
_NOTE = 500


@transaction.atomic
def finish(*, line: PlanLine, version: int, note: str, actor: Actor, at: datetime, documents: Files = ()) -> None:
    """Say that an approved line of one's own is carried out, with what came of it and what proves it.

    Saying it again replaces the text. Raises `Stale` when somebody changed the line meanwhile.
    """
    stored = _approved(line, actor)
    if not note.strip():
        raise ReasonMissing("请写明完成情况：做了什么、覆盖了谁、有什么结果")
    before = {"done_note": stored.done_note} if stored.done_at else None
    claim_version(line, version)
    line.done_at, line.done_note = stored.done_at or at, note.strip()[:_NOTE]
    line.save(update_fields=["done_at", "done_note"])
    for name, data in documents:
        attach(owner=line, data=data, name=name, kind=Attachment.Kind.DOCUMENT, actor=actor, at=at)
    verb = Verb.CHANGED if before else Verb.CLOSED
    record(actor=actor, verb=verb, target=line, at=at, before=before, after={"done_note": line.done_note})


@transaction.atomic
def unfinish(*, line: PlanLine, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Take it back, with a reason."""
    stored = _approved(line, actor)
    if not stored.done_at:
        raise NotNow("该活动安排尚未办结")
    if not reason.strip():
        raise ReasonMissing("“取消办结”必须填写理由")
    claim_version(line, version)
    before = {"done_note": stored.done_note}
    line.done_at, line.done_note = None, ""
    line.save(update_fields=["done_at", "done_note"])
    record(actor=actor, verb=Verb.REOPENED, target=line, at=at, before=before, reason=reason.strip())


def _approved(line: PlanLine, actor: Actor) -> PlanLine:
    require_own(line, actor)
    stored: PlanLine = PlanLine.objects.unscoped("lock").select_for_update().get(pk=line.pk)
    if stored.voided_at or stored.state != PlanState.APPROVED:
        raise NotNow("只有审核通过的活动安排才能登记完成情况")
    return stored
