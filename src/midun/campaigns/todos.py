"""What the service month asks of a person."""

from datetime import date

from django.db.models import Count, Q
from django.urls import reverse

from midun.campaigns.models import Campaign, CampaignUnit, PlanLine, PlanState
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos

_MOST = 20


@todos("campaigns")
def campaign_todos(actor: Actor, today: date) -> list[Todo]:  # noqa: ARG001  # every provider is told the day
    """Lines to review for the organiser; plans to enter, submit or correct for the units."""
    return [*_to_review(actor), *_to_enter(actor)][:_MOST]


def _to_review(actor: Actor) -> list[Todo]:
    if not actor.may(Permission.REVIEW_PLAN):
        return []
    waiting = (
        PlanLine.objects.visible_to(actor)
        .live()
        .filter(state=PlanState.SUBMITTED, campaign__state="running", campaign__organiser_id=actor.organisation_id)
    )
    rows = waiting.order_by().values("campaign", "campaign__title")
    return [
        Todo(
            kind="审核",
            text=f"审核活动安排：{row['lines']} 条（{row['units']} 个单位）",
            url=f"{reverse('campaigns:plan', args=[row['campaign']])}?state={PlanState.SUBMITTED}",
            note=row["campaign__title"],
        )
        for row in rows.annotate(lines=Count("pk"), units=Count("unit", distinct=True))
    ]


def _to_enter(actor: Actor) -> list[Todo]:
    if not actor.may(Permission.ENTER_PLAN):
        return []
    mine = CampaignUnit.objects.visible_to(actor).filter(unit_id=actor.organisation_id)
    running = Campaign.objects.visible_to(actor).current().filter(pk__in=mine.values("campaign"))
    of_mine = Q(plan_lines__unit_id=actor.organisation_id, plan_lines__voided_at__isnull=True)
    rows = running.values("pk", "title", "plan_due_on").annotate(
        held=Count("plan_lines", filter=of_mine),
        drafts=Count("plan_lines", filter=of_mine & Q(plan_lines__state=PlanState.DRAFT)),
        returned=Count("plan_lines", filter=of_mine & Q(plan_lines__state=PlanState.RETURNED)),
    )
    return [
        Todo(
            kind="填报",
            text=text,
            url=reverse("campaigns:mine", args=[row["pk"]]),
            due=row["plan_due_on"],
            note=row["title"],
        )
        for row in rows
        if (text := _asked(row))
    ]


def _asked(row: dict[str, int]) -> str:
    if row["returned"]:
        return f"修改被退回的活动安排：{row['returned']} 条"
    if row["drafts"]:
        return f"提交活动安排：{row['drafts']} 条尚未提交"
    return "" if row["held"] else "填报本单位的活动安排"
