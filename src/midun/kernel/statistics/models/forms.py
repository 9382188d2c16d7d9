"""A statistics form of a unit for a period, its adjustments, explanations and frozen snapshots."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation, Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.statistics.templates import FormTemplate, template


class FormState(models.TextChoices):
    """填报 → 审核 → 退回/通过 → 定稿."""

    DRAFT = "draft", "填报中"
    SUBMITTED = "submitted", "待审核"
    RETURNED = "returned", "已退回"
    ACCEPTED = "accepted", "已通过"
    FROZEN = "frozen", "已定稿"


class StatFormQuerySet(ScopedQuerySet):
    """Who sees which forms."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Authority and station roles: those of the units in their subtree."""
        if actor.works_for_authority and actor.path:
            return Q(unit__jurisdiction__path__startswith=actor.path)
        return NOBODY


class StatForm(Scoped):
    """One form. `subject` names what it is about (a campaign); `own_only` counts the unit alone, not its subtree."""

    template = models.CharField("模板", max_length=60)
    template_version = models.PositiveSmallIntegerField("模板版本")
    subject = models.CharField("所属事项", max_length=60, db_index=True)
    subject_title = models.CharField("事项名称", max_length=120)
    unit = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="填报单位")
    superior = models.ForeignKey(
        Organisation, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="审核单位"
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
                condition=~Q(state=FormState.SUBMITTED) | Q(submitted_at__isnull=False), name="form_submitted_stamp"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(FormState.RETURNED, FormState.ACCEPTED)) | Q(reviewed_at__isnull=False),
                name="form_reviewed_stamp",
            ),
            models.CheckConstraint(
                condition=Q(state=FormState.FROZEN, frozen_at__isnull=False)
                | Q(frozen_at__isnull=True) & ~Q(state=FormState.FROZEN),
                name="form_frozen_stamp",
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit.label}{'（本级）' if self.own_only else ''} {self.subject_title}统计表"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("reporting:form", args=(self.pk,))

    @property
    def content(self) -> FormTemplate:
        """Its template."""
        return template(self.template)

    @property
    def period(self) -> Period:
        """Its days."""
        return Period(self.start, self.end)

    @property
    def scope(self) -> Scope:
        """Whose records count."""
        return Scope(self.unit.jurisdiction.path, own_only=self.own_only)

    @property
    def is_editable(self) -> bool:
        """Whether the unit may still change it."""
        return self.state in (FormState.DRAFT, FormState.RETURNED)

    @property
    def is_settled(self) -> bool:
        """Whether its numbers are a frozen snapshot."""
        return self.state in (FormState.ACCEPTED, FormState.FROZEN)


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
        return f"{self.get_stage_display()} {self.digest[:12]}"
