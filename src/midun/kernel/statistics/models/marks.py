"""What hangs on a form: adjustments, explanations, snapshots and the records a snapshot counted."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet
from midun.kernel.statistics.models.forms import FormState, StatForm


class OfFormQuerySet(ScopedQuerySet):
    """What hangs on a form is seen by whoever sees the form."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """As the form."""
        if actor.works_for_authority and actor.path:
            return Q(form__unit__jurisdiction__path__startswith=actor.path)
        return NOBODY


class CellAdjustment(Scoped):
    """A person's number for a cell, beside the counted one, with the reason. Withdrawing one keeps it on record."""

    form = models.ForeignKey(StatForm, on_delete=models.RESTRICT, related_name="adjustments", verbose_name="统计表")
    figure = models.CharField("指标", max_length=40)
    computed = models.BigIntegerField("统计数")
    value = models.BigIntegerField("调整为")
    reason = models.CharField("理由", max_length=300)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="调整人"
    )
    made_at = models.DateTimeField("调整时间")
    withdrawn_at = models.DateTimeField("撤销时间", null=True, blank=True)

    objects = OfFormQuerySet.guarded()
    reachable = OfFormQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "数据调整"
        verbose_name_plural = "数据调整"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("form", "figure"), condition=Q(withdrawn_at__isnull=True), name="adjustment_one_valid"
            ),
            models.CheckConstraint(condition=Q(value__gte=0) & ~Q(reason=""), name="adjustment_has_reason"),
        )

    def __str__(self) -> str:
        return f"{self.figure} {self.computed} → {self.value}"


class CheckExplanation(Scoped):
    """Why a broken check is as it should be; travels with the form."""

    form = models.ForeignKey(StatForm, on_delete=models.RESTRICT, related_name="explanations", verbose_name="统计表")
    check_id = models.CharField("核对关系", max_length=60)
    text = models.CharField("说明", max_length=300)
    made_at = models.DateTimeField("时间")

    objects = OfFormQuerySet.guarded()
    reachable = OfFormQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "核对说明"
        verbose_name_plural = "核对说明"
        constraints = (
            models.UniqueConstraint(fields=("form", "check_id"), name="explanation_once"),
            models.CheckConstraint(condition=~Q(text=""), name="explanation_says_something"),
        )

    def __str__(self) -> str:
        return f"{self.check_id}：{self.text}"


STAGES = {FormState.SUBMITTED: "提交", FormState.ACCEPTED: "审核通过", FormState.FROZEN: "汇总定稿"}
"""The steps at which snapshots are taken."""


class FormSnapshot(Scoped):
    """The form as it was when it was submitted, accepted or frozen: canonical JSON and its SHA-256."""

    form = models.ForeignKey(StatForm, on_delete=models.RESTRICT, related_name="snapshots", verbose_name="统计表")
    stage = models.CharField("阶段", max_length=10, choices=FormState)
    taken_at = models.DateTimeField("时间")
    body = models.TextField("内容")
    digest = models.CharField("摘要", max_length=64)

    objects = OfFormQuerySet.guarded()
    reachable = OfFormQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "统计表快照"
        verbose_name_plural = "统计表快照"
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.words} {self.digest[:12]}"

    @property
    def words(self) -> str:
        """At which step it was taken."""
        return STAGES[FormState(self.stage)]


class OfSnapshotQuerySet(ScopedQuerySet):
    """What hangs on a snapshot is seen by whoever sees its form."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """As the form."""
        if actor.works_for_authority and actor.path:
            return Q(snapshot__form__unit__jurisdiction__path__startswith=actor.path)
        return NOBODY


class CountedRecords(Scoped):
    """Which records one part of a cell counted, as `[[key, value], …]`, where there were few enough to keep.

    With it a later difference is shown record by record. It is an aid for people, not part of the digest.
    """

    snapshot = models.ForeignKey(FormSnapshot, on_delete=models.RESTRICT, related_name="counted", verbose_name="快照")
    figure = models.CharField("指标", max_length=40)
    part = models.PositiveSmallIntegerField("第几部分")
    records = models.JSONField("记录")

    objects = OfSnapshotQuerySet.guarded()
    reachable = OfSnapshotQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "计入的记录"
        verbose_name_plural = "计入的记录"
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("snapshot", "figure", "part"), name="counted_records_once"),)

    def __str__(self) -> str:
        return f"{self.snapshot} {self.figure}"
