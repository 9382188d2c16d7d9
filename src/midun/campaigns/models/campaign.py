"""The campaign, its headings, its participants and what they must report."""

from typing import Self

from django.db import models
from django.db.models import F, Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Level
from midun.kernel.orgs.models import Organisation, Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class CampaignState(models.TextChoices):
    """From the draft of a notice to the end of the month."""

    DRAFT = "draft", "筹备中"
    RUNNING = "running", "进行中"
    CLOSED = "closed", "已结束"


class CampaignQuerySet(ScopedQuerySet):
    """Who sees which campaign."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Authorities see campaigns of the line above them and of their subtree; drafts only where they organise."""
        if not actor.works_for_authority:
            return NOBODY
        above = [actor.path[: i + 1] for i, c in enumerate(actor.path) if c == "."]
        here = Q(organiser__jurisdiction__path=actor.path)
        known = Q(organiser__jurisdiction__path__in=above) | Q(organiser__jurisdiction__path__startswith=actor.path)
        return here | (known & ~Q(state=CampaignState.DRAFT))

    def current(self) -> Self:
        """Running, newest first."""
        return self.filter(state=CampaignState.RUNNING).order_by("-start", "-pk")


class Campaign(Scoped):
    """One edition of the service month, organised by one bureau for its subtree."""

    organiser = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="组织单位")
    title = models.CharField("名称", max_length=120)
    theme = models.CharField("主题", max_length=120, blank=True)
    notice_number = models.CharField("通知文号", max_length=60, blank=True)
    level = models.PositiveSmallIntegerField("层级", choices=Level)
    year = models.PositiveSmallIntegerField("年份")
    start = models.DateField("开始日期")
    end = models.DateField("结束日期")
    plan_due_on = models.DateField("活动安排报送截止", null=True, blank=True)
    template = models.CharField("模板", max_length=60, blank=True)
    state = models.CharField("状态", max_length=10, choices=CampaignState, default=CampaignState.DRAFT)
    launched_at = models.DateTimeField("启动时间", null=True, blank=True)
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)
    created_at = models.DateTimeField("创建时间")
    version = models.PositiveIntegerField("版本", default=1)

    objects = CampaignQuerySet.guarded()
    reachable = CampaignQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "服务月"
        verbose_name_plural = "服务月"
        ordering = ("-year", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="campaign_period_order"),
            models.CheckConstraint(
                condition=Q(state=CampaignState.DRAFT, launched_at__isnull=True)
                | Q(launched_at__isnull=False) & ~Q(state=CampaignState.DRAFT),
                name="campaign_launched_iff_not_draft",
            ),
            models.CheckConstraint(
                condition=Q(state=CampaignState.CLOSED, closed_at__isnull=False)
                | Q(closed_at__isnull=True) & ~Q(state=CampaignState.CLOSED),
                name="campaign_closed_iff_closed_at",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_running(self) -> bool:
        """Whether units plan and work in it now."""
        return self.state == CampaignState.RUNNING

    @property
    def is_closed(self) -> bool:
        """Whether nothing in it changes any more."""
        return self.state == CampaignState.CLOSED


class InCampaignQuerySet(ScopedQuerySet):
    """Strands and required forms are reached through their campaign."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """As the campaign."""
        return Q(campaign__in=Campaign.objects.visible_to(actor).values("pk"))


class Strand(Scoped):
    """A heading of the notice under which activities are arranged (走访调研企业, 加大宣传力度…).

    `keywords` (、 between them) are what the suggestion of a strand for a plan line looks for.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="strands", verbose_name="服务月")
    key = models.CharField("标识", max_length=40)
    heading = models.CharField("名称", max_length=80)
    keywords = models.CharField("关键词", max_length=1000, blank=True)
    order = models.PositiveSmallIntegerField("顺序")

    objects = InCampaignQuerySet.guarded()
    reachable = InCampaignQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "活动板块"
        verbose_name_plural = "活动板块"
        ordering = ("order",)
        constraints = (models.UniqueConstraint(fields=("campaign", "key"), name="strand_once"),)

    def __str__(self) -> str:
        return self.heading


class CampaignUnitQuerySet(ScopedQuerySet):
    """Participants are reached through their campaign."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Units in the actor's subtree."""
        if not actor.works_for_authority:
            return NOBODY
        return Q(unit__jurisdiction__path__startswith=actor.path)


class CampaignUnit(Scoped):
    """A unit that takes part: it plans, works and reports. `category` and `order` are those of the annex."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="units", verbose_name="服务月")
    unit = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="单位")
    category = models.CharField("类别", max_length=40, blank=True)
    order = models.PositiveSmallIntegerField("顺序", default=0)

    objects = CampaignUnitQuerySet.guarded()
    reachable = CampaignUnitQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "参与单位"
        verbose_name_plural = "参与单位"
        ordering = ("order", "pk")
        constraints = (models.UniqueConstraint(fields=("campaign", "unit"), name="campaign_unit_once"),)

    def __str__(self) -> str:
        return self.unit.label


class RequiredForm(Scoped):
    """A statistics form the campaign asks of its units, and until when."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="required_forms", verbose_name="服务月"
    )
    template = models.CharField("统计表模板", max_length=60)
    due_on = models.DateField("报送截止")

    objects = InCampaignQuerySet.guarded()
    reachable = InCampaignQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "报送要求"
        verbose_name_plural = "报送要求"
        ordering = ("due_on", "pk")
        constraints = (models.UniqueConstraint(fields=("campaign", "template"), name="required_form_once"),)

    def __str__(self) -> str:
        return f"{self.template}（{self.due_on}）"
