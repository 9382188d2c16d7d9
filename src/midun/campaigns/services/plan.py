"""A unit's own lines: enter, edit, order, submit, withdraw, void."""

from datetime import date, datetime
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.timezone import localtime

from midun.campaigns.annex import MAX_CONTENT, tidy
from midun.campaigns.models import Campaign, PlanLine, PlanState, Strand
from midun.campaigns.services.notices import reviewers
from midun.campaigns.services.rights import NotNow, lock, require_participant
from midun.campaigns.services.strands import suggest
from midun.campaigns.workflow import PLAN
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.services import Refused, claim_version
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.services import ReasonMissing, perform

_ASIDE = 1_000_000_000


class BadLine(Exception):
    """The line cannot be kept as typed; `str()` says why."""


def content_of(text: str) -> str:
    """Content as it is kept; raises `BadLine`."""
    content = tidy(text)
    if not content:
        raise BadLine("请填写活动安排")
    if len(content) > MAX_CONTENT:
        raise BadLine(f"活动安排超过 {MAX_CONTENT} 个字，请精简")
    return content


def next_number(campaign: Campaign) -> int:
    """The number after the highest in use; call under `lock`."""
    live = PlanLine.objects.unscoped("numbering").live().filter(campaign=campaign)
    highest: int | None = live.aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1


@transaction.atomic
def add_line(
    *,
    campaign: Campaign,
    content: str,
    actor: Actor,
    at: datetime,
    planned_on: date | None = None,
    strand: Strand | None = None,
) -> PlanLine:
    """Enter a line of the actor's own unit at the end of the plan. Without a strand one is suggested."""
    lock(campaign)
    require_participant(actor, campaign)
    text = content_of(content)
    _check_strand(campaign, strand)
    participant = campaign.units.get(unit_id=actor.organisation_id)
    line: PlanLine = PlanLine.objects.create(
        campaign=campaign,
        unit=participant.unit,
        category=participant.category,
        number=next_number(campaign),
        content=text,
        planned_on=planned_on,
        strand=strand or suggest(text, list(campaign.strands.all())),
        created_at=at,
        created_by_id=actor.user_id,
    )
    after = snapshot(line, "campaign", "unit", "number", "content", "planned_on", "strand")
    record(actor=actor, verb=Verb.CREATED, target=line, at=at, after=after)
    return line


@transaction.atomic
def change_line(
    *,
    line: PlanLine,
    version: int,
    content: str,
    planned_on: date | None,
    strand: Strand | None,
    actor: Actor,
    at: datetime,
) -> PlanLine:
    """Edit an own line while it is in the unit's hands. Raises `Stale` when somebody changed it meanwhile."""
    require_own(line, actor)
    stored = _in_hand(line, "修改")
    text = content_of(content)
    _check_strand(line.campaign, strand)
    old = snapshot(stored, "content", "planned_on", "strand")
    line.content, line.planned_on, line.strand = text, planned_on, strand
    before, after = changed(old, snapshot(line, "content", "planned_on", "strand"))
    if not after:
        return line
    claim_version(line, version)
    line.save(update_fields=["content", "planned_on", "strand"])
    record(actor=actor, verb=Verb.CHANGED, target=line, at=at, before=before, after=after)
    return line


@transaction.atomic
def move_line(*, line: PlanLine, up: bool, actor: Actor, at: datetime) -> bool:
    """Swap the line's number with the neighbouring line of the same unit; False at the end of the list."""
    lock(line.campaign)
    require_own(line, actor)
    stored = _in_hand(line, "调整顺序")
    own = PlanLine.objects.unscoped("order of own lines").live().filter(campaign=line.campaign, unit=line.unit)
    movable = own.filter(state__in=(PlanState.DRAFT, PlanState.RETURNED))
    beside = movable.filter(number__lt=stored.number).last() if up else movable.filter(number__gt=stored.number).first()
    if beside is None:
        return False
    before = {"number": stored.number}
    own.filter(pk=stored.pk).update(number=_ASIDE)
    own.filter(pk=beside.pk).update(number=stored.number)
    own.filter(pk=stored.pk).update(number=beside.number)
    line.number = beside.number
    after = {"number": line.number, "swapped_with": beside.pk}
    record(actor=actor, verb=Verb.CHANGED, target=line, at=at, before=before, after=after)
    return True


@transaction.atomic
def void_line(*, line: PlanLine, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Take an own line out of the plan; it stays in the records with its reason and its number is free again."""
    require_own(line, actor)
    _in_hand(line, "作废")
    if not reason.strip():
        raise ReasonMissing("“作废”必须填写理由")
    claim_version(line, version)
    line.voided_at, line.void_reason = at, reason.strip()[:300]
    line.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.VOIDED, target=line, at=at, reason=line.void_reason)


@transaction.atomic
def submit(*, lines: list[PlanLine], actor: Actor, at: datetime) -> int:
    """Submit own lines of one campaign for review and tell the organiser; returns how many."""
    for line in lines:
        require_own(line, actor)
        perform(line, PLAN.submit, actor=actor, at=at, return_reason="")
    if lines:
        campaign = lines[0].campaign
        asked = urlencode({"unit": actor.organisation_id, "state": PlanState.SUBMITTED.value})
        send(
            kind=Notice.Kind.TODO,
            to=reviewers(campaign),
            text=f"{actor.organisation_name}提交了 {len(lines)} 条活动安排，请审核",
            url=f"{reverse('campaigns:plan', args=[campaign.pk])}?{asked}",
            key=f"plan:{campaign.pk}:{actor.organisation_id}:submitted:{localtime(at):%Y%m%d%H%M%S}",
            at=at,
        )
    return len(lines)


@transaction.atomic
def withdraw(*, line: PlanLine, actor: Actor, at: datetime) -> None:
    """Take a submitted line back before it is reviewed."""
    require_own(line, actor)
    perform(line, PLAN.withdraw, actor=actor, at=at)


def require_own(line: PlanLine, actor: Actor) -> None:
    """Raise unless the actor may enter plans for the line's unit in a running campaign."""
    require_participant(actor, line.campaign)
    if line.unit_id != actor.organisation_id:
        raise Refused("只能填报本单位的活动安排")


def _in_hand(line: PlanLine, act: str) -> PlanLine:
    """The stored line, locked, if it may be edited."""
    stored: PlanLine = PlanLine.objects.unscoped("lock").select_for_update().get(pk=line.pk)
    if stored.voided_at:
        raise NotNow(f"该活动安排已作废，不能{act}")
    if not stored.is_open:
        hint = "请先撤回" if stored.state == PlanState.SUBMITTED else "如需调整请联系组织单位退回"
        raise NotNow(f"该活动安排{PlanState(stored.state).label}，不能{act}；{hint}")
    return stored


def _check_strand(campaign: Campaign, strand: Strand | None) -> None:
    if strand is not None and strand.campaign_id != campaign.pk:
        raise BadLine("所选板块不属于这次服务月，请重新选择")
