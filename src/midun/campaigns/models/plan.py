"""The plan: one table of lines."""

from typing import Self

from django.db import models
from django.db.models import Q

from midun.campaigns.models.campaign import Campaign, Strand
from midun.kernel.orgs.models import UnitRecord, UnitRecordQuerySet


class PlanState(models.TextChoices):
    """Where a line of the plan stands."""

    DRAFT = "draft", "填报中"
    SUBMITTED = "submitted", "待审核"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "已审核"


OPEN_STATES = (PlanState.DRAFT, PlanState.RETURNED)
"""States in which the line is in its unit's hands."""


class PlanLineQuerySet(UnitRecordQuerySet):
    """Lines of units."""

    def approved(self) -> Self:
        """The plan that stands: live and approved."""
        return self.live().filter(state=PlanState.APPROVED)


class PlanLine(UnitRecord):
    """One line of 活动安排: what a unit intends to do. `number` is its 序号 in the whole plan.

    `done_at` is the unit's word that the line is carried out, with what came of it (`done_note`); records of work that
    point at the line show that it was begun.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.RESTRICT, related_name="plan_lines", verbose_name="服务月")
    strand = models.ForeignKey(
        Strand, on_delete=models.RESTRICT, null=True, blank=True, related_name="plan_lines", verbose_name="活动板块"
    )
    category = models.CharField("类别", max_length=40, blank=True)
    number = models.PositiveIntegerField("序号")
    content = models.TextField("活动安排")
    planned_on = models.DateField("计划日期", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=PlanState, default=PlanState.DRAFT)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    return_reason = models.CharField("退回理由", max_length=500, blank=True)
    done_at = models.DateTimeField("办结时间", null=True, blank=True)
    done_note = models.CharField("完成情况", max_length=500, blank=True)

    objects = PlanLineQuerySet.guarded()
    reachable = PlanLineQuerySet.reachable()

    class Meta(UnitRecord.Meta):
        verbose_name = "活动安排"
        verbose_name_plural = "活动安排"
        ordering = ("number", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("campaign", "number"), condition=Q(voided_at__isnull=True), name="plan_number_once"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="plan_number_from_one"),
            models.CheckConstraint(condition=~Q(content=""), name="plan_content_said"),
            models.CheckConstraint(
                condition=~Q(state=PlanState.SUBMITTED) | Q(submitted_at__isnull=False), name="plan_submitted_stamp"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(PlanState.RETURNED, PlanState.APPROVED)) | Q(reviewed_at__isnull=False),
                name="plan_reviewed_stamp",
            ),
            models.CheckConstraint(
                condition=~Q(state=PlanState.RETURNED) | ~Q(return_reason=""), name="plan_returned_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_note="")
                | (Q(done_at__isnull=False, state=PlanState.APPROVED, voided_at__isnull=True) & ~Q(done_note="")),
                name="plan_done_says_what",
            ),
        )

    def __str__(self) -> str:
        return f"{self.number}. {self.content[:30]}"

    @property
    def is_open(self) -> bool:
        """Whether its unit may edit it now."""
        return self.voided_at is None and self.state in OPEN_STATES
