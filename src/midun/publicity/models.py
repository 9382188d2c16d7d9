"""Tables of publicity."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from midun.campaigns.models import PlanLine
from midun.kernel.orgs.models import UnitRecord, UnitRecordQuerySet, void_iff_reason


class PublicityQuerySet(UnitRecordQuerySet):
    """Records that may be on the portal."""

    def on_portal(self) -> Self:
        """What everybody may see: put on the portal and not voided."""
        return self._with_scope("published to everybody").live().filter(published_at__isnull=False)


def published_by_someone(name: str) -> models.CheckConstraint:
    """On the portal exactly when a named officer put it there, and never while it is voided."""
    hidden = Q(published_at__isnull=True, published_by__isnull=True)
    shown = Q(published_at__isnull=False, published_by__isnull=False, voided_at__isnull=True)
    return models.CheckConstraint(condition=hidden | shown, name=name)


class Publishable(UnitRecord):
    """A record that an officer may put on the portal."""

    plan_line = models.ForeignKey(
        PlanLine, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="对应安排"
    )
    published_at = models.DateTimeField("上线时间", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="发布人",
    )

    class Meta(UnitRecord.Meta):
        abstract = True

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it (and its public attachments)."""
        return self.published_at is not None and self.voided_at is None


class QuestionnaireHandout(UnitRecord):
    """Questionnaires handed out on a day: how many and by what way."""

    class Channel(models.TextChoices):
        """The way they went out."""

        VISIT = "visit", "走访时发放"
        EVENT = "event", "活动现场发放"
        ONLINE = "online", "线上推送"
        STATION = "station", "服务站点发放"
        OTHER = "other", "其他"

    plan_line = models.ForeignKey(
        PlanLine, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="对应安排"
    )
    title = models.CharField("问卷名称", max_length=120)
    day = models.DateField("发放日期")
    channel = models.CharField("发放方式", max_length=10, choices=Channel)
    count = models.PositiveIntegerField("份数")
    note = models.CharField("发放对象或依据", max_length=300)

    objects = UnitRecordQuerySet.guarded()
    reachable = UnitRecordQuerySet.reachable()

    class Meta(UnitRecord.Meta):
        verbose_name = "问卷发放"
        verbose_name_plural = "问卷发放"
        ordering = ("-day", "-pk")
        indexes = (models.Index(fields=("unit", "day"), name="questionnaire_unit_day"),)
        constraints = (
            void_iff_reason("questionnaire_void_iff_reason"),
            models.CheckConstraint(condition=Q(count__gte=1), name="questionnaire_at_least_one"),
            models.CheckConstraint(condition=~Q(note=""), name="questionnaire_has_source"),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.count} 份"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("publicity:questionnaire", args=(self.pk,))


class CaseState(models.TextChoices):
    """From draft to the public."""

    DRAFT = "draft", "起草中"
    SUBMITTED = "submitted", "待脱敏复核"
    RETURNED = "returned", "已退回"
    PUBLISHED = "published", "已公布"
    WITHDRAWN = "withdrawn", "已撤下"


class TypicalCase(Publishable):
    """A typical case. The text is public only after somebody else than the author checked that no secret is left."""

    title = models.CharField("案例标题", max_length=120)
    decided_by = models.CharField("办案机关", max_length=80)
    year = models.PositiveSmallIntegerField("办结年份")
    facts = models.TextField("基本案情")
    outcome = models.TextField("处理结果")
    comment = models.TextField("典型意义", blank=True)
    state = models.CharField("状态", max_length=10, choices=CaseState, default=CaseState.DRAFT)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="提交人",
    )
    reviewed_at = models.DateTimeField("复核时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="复核人",
    )
    published_on = models.DateField("公布日期", null=True, blank=True)
    checked = models.JSONField("脱敏核对项", default=list, blank=True)

    objects = PublicityQuerySet.guarded()
    reachable = PublicityQuerySet.reachable()

    class Meta(Publishable.Meta):
        verbose_name = "典型案例"
        verbose_name_plural = "典型案例"
        ordering = ("-pk",)
        indexes = (models.Index(fields=("unit", "published_on"), name="case_unit_day"),)
        constraints = (
            void_iff_reason("case_void_iff_reason"),
            published_by_someone("case_published_by_someone"),
            models.CheckConstraint(
                condition=Q(state=CaseState.PUBLISHED, published_at__isnull=False, published_on__isnull=False)
                | (Q(published_at__isnull=True, published_on__isnull=True) & ~Q(state=CaseState.PUBLISHED)),
                name="case_on_portal_iff_published",
            ),
            models.CheckConstraint(
                condition=~Q(state=CaseState.PUBLISHED) | Q(reviewed_by__isnull=False, submitted_by__isnull=False),
                name="case_published_was_reviewed",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True)
                | (~Q(reviewed_by=F("submitted_by")) & ~Q(reviewed_by=F("created_by"))),
                name="case_second_person",
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("publicity:case", args=(self.pk,))


class GovReport(UnitRecord):
    """A report or piece of information sent to the Party committee or the government."""

    class Kind(models.TextChoices):
        """What was sent."""

        REPORT = "report", "报告"
        INFORMATION = "information", "信息"

    plan_line = models.ForeignKey(
        PlanLine, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="对应安排"
    )
    title = models.CharField("标题", max_length=120)
    kind = models.CharField("类型", max_length=12, choices=Kind)
    addressee = models.CharField("报送对象", max_length=80)
    document_number = models.CharField("文号或期号", max_length=60, blank=True)
    sent_on = models.DateField("报送日期")
    response = models.CharField("批示或采用情况", max_length=300, blank=True)

    objects = UnitRecordQuerySet.guarded()
    reachable = UnitRecordQuerySet.reachable()

    class Meta(UnitRecord.Meta):
        verbose_name = "报送党委政府"
        verbose_name_plural = "报送党委政府"
        ordering = ("-sent_on", "-pk")
        indexes = (models.Index(fields=("unit", "sent_on"), name="gov_report_unit_day"),)
        constraints = (void_iff_reason("gov_report_void_iff_reason"),)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("publicity:gov-report", args=(self.pk,))


class MediaLevel(models.TextChoices):
    """The level of the medium."""

    CENTRAL = "central", "中央媒体"
    PROVINCIAL = "provincial", "省级媒体"
    CITY = "city", "市级媒体"
    DISTRICT = "district", "区级媒体"
    OWN = "own", "本部门新媒体"


class NewsItem(Publishable):
    """A news item about the month in a medium, or on the bureau's own account."""

    title = models.CharField("标题", max_length=160)
    medium = models.CharField("媒体名称", max_length=80)
    level = models.CharField("媒体级别", max_length=12, choices=MediaLevel)
    link = models.URLField("链接", max_length=500, blank=True)
    day = models.DateField("刊发日期")
    summary = models.CharField("摘要", max_length=300, blank=True)

    objects = PublicityQuerySet.guarded()
    reachable = PublicityQuerySet.reachable()

    class Meta(Publishable.Meta):
        verbose_name = "宣传报道"
        verbose_name_plural = "宣传报道"
        ordering = ("-day", "-pk")
        indexes = (
            models.Index(fields=("unit", "day"), name="news_unit_day"),
            models.Index(fields=("-day", "-id"), condition=Q(published_at__isnull=False), name="news_portal"),
        )
        constraints = (
            void_iff_reason("news_void_iff_reason"),
            published_by_someone("news_published_by_someone"),
            models.UniqueConstraint(
                fields=("unit", "link"),
                condition=Q(voided_at__isnull=True) & ~Q(link=""),
                name="news_once_per_unit_and_link",
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("publicity:news-item", args=(self.pk,))


class Resource(Publishable):
    """Something to download from the portal: a guide, a template, a brochure (its files are attachments)."""

    title = models.CharField("标题", max_length=120)
    summary = models.TextField("简介", blank=True)
    day = models.DateField("日期")

    objects = PublicityQuerySet.guarded()
    reachable = PublicityQuerySet.reachable()

    class Meta(Publishable.Meta):
        verbose_name = "资料"
        verbose_name_plural = "资料"
        ordering = ("-day", "-pk")
        constraints = (
            void_iff_reason("resource_void_iff_reason"),
            published_by_someone("resource_published_by_someone"),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("publicity:resource", args=(self.pk,))
