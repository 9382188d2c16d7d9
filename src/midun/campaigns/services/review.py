"""The organiser's side: approve, return, put lines under headings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localtime

from midun.campaigns.models import Campaign, PlanLine, Strand
from midun.campaigns.services.notices import planners
from midun.campaigns.services.rights import require_not_closed, require_organiser
from midun.campaigns.services.strands import suggest
from midun.campaigns.workflow import PLAN
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.definition import Step
from midun.kernel.workflow.services import ReasonMissing, WrongState, perform


@dataclass
class Reviewed:
    """What a review of several lines did, and for which lines somebody else was faster."""

    done: int = 0
    told: list[str] = field(default_factory=list)


@transaction.atomic
def approve(*, campaign: Campaign, lines: Sequence[tuple[int, int]], actor: Actor, at: datetime) -> Reviewed:
    """Approve lines given as `(id, version seen)`. Lines changed since they were shown are left and named."""
    return _review(campaign, lines, PLAN.approve, actor, at, "")


@transaction.atomic
def send_back(
    *, campaign: Campaign, lines: Sequence[tuple[int, int]], reason: str, actor: Actor, at: datetime
) -> Reviewed:
    """Return lines to their units with a reason. Lines changed since they were shown are left and named."""
    if not reason.strip():
        raise ReasonMissing("“退回”必须填写理由")
    return _review(campaign, lines, PLAN.send_back, actor, at, reason.strip()[:500])


def _review(
    campaign: Campaign, lines: Sequence[tuple[int, int]], step: Step, actor: Actor, at: datetime, reason: str
) -> Reviewed:
    require_organiser(actor, campaign, Permission.REVIEW_PLAN)
    require_not_closed(campaign)
    seen = dict(lines)
    found = PlanLine.objects.unscoped("lines of the organiser's campaign").live().filter(campaign=campaign, pk__in=seen)
    reviewed, units = Reviewed(), Counter[Organisation]()
    for line in found.select_for_update(of=("self",)).select_related("unit__jurisdiction"):
        if line.version != seen[line.pk]:
            reviewed.told.append(f"第 {line.number} 条在您打开页面后被修改，请核对最新内容后再审核")
            continue
        try:
            perform(line, step, actor=actor, at=at, reason=reason, return_reason=reason, done_at=None, done_note="")
        except WrongState as wrong:
            reviewed.told.append(f"第 {line.number} 条：{wrong}")
            continue
        reviewed.done += 1
        units[line.unit] += 1
    for unit, count in units.items():
        _tell(campaign, unit, count, step, reason, at)
    return reviewed


def _tell(campaign: Campaign, unit: Organisation, count: int, step: Step, reason: str, at: datetime) -> None:
    returned = step is PLAN.send_back
    text = (
        f"{campaign.organiser.label}退回了 {count} 条活动安排：{reason}"
        if returned
        else f"{count} 条活动安排已审核通过"
    )
    send(
        kind=Notice.Kind.TODO if returned else Notice.Kind.RESULT,
        to=planners(unit),
        text=text,
        url=reverse("campaigns:mine", args=[campaign.pk]),
        key=f"plan:{campaign.pk}:{unit.pk}:{step.name}:{localtime(at):%Y%m%d%H%M%S%f}",
        at=at,
    )


@transaction.atomic
def assign_strand(
    *, campaign: Campaign, lines: Sequence[int], strand: Strand | None, actor: Actor, at: datetime
) -> int:
    """Put lines under a heading (None takes them off); returns how many changed."""
    require_organiser(actor, campaign, Permission.MANAGE_CAMPAIGNS)
    require_not_closed(campaign)
    if strand is not None and strand.campaign_id != campaign.pk:
        raise Refused("所选板块不属于这次服务月")
    return _assign(campaign, dict.fromkeys(lines, strand), actor, at)


@transaction.atomic
def suggest_strands(*, campaign: Campaign, lines: Sequence[int], actor: Actor, at: datetime) -> int:
    """Put lines under the heading their words suggest; lines without a suggestion stay as they are."""
    require_organiser(actor, campaign, Permission.MANAGE_CAMPAIGNS)
    require_not_closed(campaign)
    strands = list(campaign.strands.all())
    found = (
        PlanLine.objects.unscoped("lines of the organiser's campaign").live().filter(campaign=campaign, pk__in=lines)
    )
    wanted = {line.pk: suggest(line.content, strands) for line in found}
    return _assign(campaign, {pk: strand for pk, strand in wanted.items() if strand}, actor, at)


def _assign(campaign: Campaign, wanted: dict[int, Strand | None], actor: Actor, at: datetime) -> int:
    found = PlanLine.objects.unscoped("lines of the organiser's campaign").live().filter(campaign=campaign)
    count = 0
    for line in found.filter(pk__in=wanted).select_for_update():
        strand = wanted[line.pk]
        new = strand.pk if strand else None
        if line.strand_id == new:
            continue
        before = {"strand": line.strand_id}
        found.filter(pk=line.pk).update(strand=strand)
        record(actor=actor, verb=Verb.CHANGED, target=line, at=at, before=before, after={"strand": new})
        count += 1
    return count
