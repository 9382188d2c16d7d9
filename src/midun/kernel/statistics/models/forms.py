"""A statistics form of a unit for a period."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.timezone import localdate

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation, Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.statistics.templates import FormTemplate, template


class FormState(models.TextChoices):
    """填报 → (汇总定稿) → 审核 → 退回/通过."""

    DRAFT = "draft", "填报中"
    SUBMITTED = "submitted", "待审核"
    RETURNED = "returned", "已退回"
    ACCEPTED = "accepted", "已通过"
    FROZEN = "frozen", "已定稿"


OPEN_STATES = (FormState.DRAFT, FormState.RETURNED)
"""States in which the form is in its unit's hands and its numbers follow the records."""


class StatFormQuerySet(ScopedQuerySet):
    """Who sees which forms."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Authority and station roles: those of the units in their subtree."""
        if actor.works_for_authority and actor.path:
            return Q(unit__jurisdiction__path__startswith=actor.path)
        return NOBODY


class StatForm(Scoped):
    """One form. `subject` names what it is about (a campaign); `own_only` counts the unit alone, not its subtree.

    Forms stand in a tree: `above` is the summary into which this one goes, and its unit is the one that reviews it.
    A summary is a form that others go into; the top one has nothing above it. `digest` is that of the newest snapshot,
    and `version` the optimistic lock of every act on the form.
    """

    template = models.CharField("模板", max_length=60)
    template_version = models.PositiveSmallIntegerField("模板版本")
    subject = models.CharField("所属事项", max_length=60, db_index=True)
    subject_title = models.CharField("事项名称", max_length=120)
    unit = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="填报单位")
    above = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="below", verbose_name="汇入"
    )
    own_only = models.BooleanField("仅本级", default=False)
    start = models.DateField("开始日期")
    end = models.DateField("结束日期")
    due_on = models.DateField("报送截止")
    state = models.CharField("状态", max_length=10, choices=FormState, default=FormState.DRAFT)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    reviewed_at = models.DateTimeField("审核时间", null=True, blank=True)
    frozen_at = models.DateTimeField("定稿时间", null=True, blank=True)
    return_reason = models.TextField("退回理由", blank=True)
    remarks = models.JSONField("逐项审核意见", default=dict, blank=True)
    digest = models.CharField("最新快照摘要", max_length=64, blank=True)
    version = models.PositiveIntegerField("版本", default=1)
    created_at = models.DateTimeField("创建时间")

    objects = StatFormQuerySet.guarded()
    reachable = StatFormQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "统计表"
        verbose_name_plural = "统计表"
        ordering = ("unit__jurisdiction__path", "-own_only")
        constraints = (
            models.UniqueConstraint(fields=("subject", "template", "unit", "own_only"), name="form_once"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="form_period_order"),
            models.CheckConstraint(
                condition=Q(own_only=False) | Q(above__isnull=False), name="form_own_goes_into_a_summary"
            ),
            models.CheckConstraint(
                condition=~Q(state=FormState.SUBMITTED) | Q(submitted_at__isnull=False, above__isnull=False),
                name="form_submitted_stamp",
            ),
            models.CheckConstraint(
                condition=~Q(state=FormState.RETURNED) | Q(reviewed_at__isnull=False) & ~Q(return_reason=""),
                name="form_returned_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=FormState.ACCEPTED) | Q(reviewed_at__isnull=False, submitted_at__isnull=False),
                name="form_accepted_stamp",
            ),
            models.CheckConstraint(
                condition=~Q(state=FormState.FROZEN) | Q(frozen_at__isnull=False), name="form_frozen_stamp"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=OPEN_STATES) | Q(frozen_at__isnull=True), name="form_open_is_not_frozen"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_STATES) | ~Q(digest=""), name="form_settled_has_a_snapshot"
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit.label}{'（本级）' if self.own_only else ''} {self.subject_title}统计表"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("reporting:form", args=(self.pk,))

    @property
    def content(self) -> FormTemplate:
        """Its template, in the version it was opened with."""
        return template(self.template, self.template_version)

    @property
    def period(self) -> Period:
        """Its days."""
        return Period(self.start, self.end)

    @property
    def scope(self) -> Scope:
        """Whose records count."""
        return Scope(self.unit.jurisdiction.path, own_only=self.own_only)

    @property
    def reviewer_id(self) -> int:
        """The organisation that reviews it: that of the summary above; the top one's own unit."""
        return self.above.unit_id if self.above is not None else self.unit_id

    @property
    def is_editable(self) -> bool:
        """Whether its unit may change it and its numbers follow the records."""
        return self.state in OPEN_STATES

    @property
    def is_settled(self) -> bool:
        """Whether it is final on its level: accepted by the one above, or frozen."""
        return self.state in (FormState.ACCEPTED, FormState.FROZEN)

    @property
    def handed_in_at(self) -> datetime | None:
        """When it was handed in, or frozen where it is only frozen so far; None while it is open."""
        if self.is_editable:
            return None
        return self.frozen_at if self.state == FormState.FROZEN else self.submitted_at

    @property
    def is_late(self) -> bool:
        """Whether it was handed in after the deadline."""
        return self.handed_in_at is not None and localdate(self.handed_in_at) > self.due_on
