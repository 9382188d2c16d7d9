"""The table of visits."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from midun.campaigns.models import PlanLine
from midun.kernel.orgs.models import Organisation, UnitRecord, UnitRecordQuerySet, void_iff_reason
from midun.visits.rates import Rate


class Way(models.TextChoices):
    """The way of the visit."""

    VISIT = "visit", "走访"
    REVISIT = "revisit", "回访"
    CHECK = "check", "体检辅导"
    TELEPHONE = "telephone", "电话访谈"


class Rules(models.TextChoices):
    """Whether the enterprise has rules for its secrets."""

    YES = "yes", "已建立"
    NO = "no", "未建立"


class Visit(UnitRecord):
    """One visit to one enterprise. Baseline figures are counts; empty means not learned."""

    enterprise = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="企业")
    day = models.DateField("日期")
    way = models.CharField("方式", max_length=10, choices=Way, default=Way.VISIT)
    place = models.CharField("地点", max_length=120, blank=True)
    visitors = models.CharField("走访人员", max_length=120)
    plan_line = models.ForeignKey(
        PlanLine, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="对应安排"
    )
    secrets = models.PositiveIntegerField("商业秘密数", null=True, blank=True)
    patents = models.PositiveIntegerField("专利数", null=True, blank=True)
    nda_signed = models.PositiveIntegerField("保密协议已签人数", null=True, blank=True)
    nda_should = models.PositiveIntegerField("保密协议应签人数", null=True, blank=True)
    non_compete_signed = models.PositiveIntegerField("竞业限制已签人数", null=True, blank=True)
    non_compete_eligible = models.PositiveIntegerField("竞业限制适用人数", null=True, blank=True)
    has_rules = models.CharField("保护制度", max_length=4, choices=Rules, blank=True)
    summary = models.TextField("走访情况", blank=True)
    follow_up_on = models.DateField("回访日期", null=True, blank=True)

    objects = UnitRecordQuerySet.guarded()
    reachable = UnitRecordQuerySet.reachable()

    class Meta(UnitRecord.Meta):
        verbose_name = "走访"
        verbose_name_plural = "走访"
        ordering = ("-day", "-pk")
        indexes = (
            models.Index(fields=("unit", "day", "enterprise"), name="visit_unit_day"),
            models.Index(fields=("day", "enterprise"), name="visit_day"),
        )
        constraints = (
            void_iff_reason("visit_void_iff_reason"),
            models.CheckConstraint(condition=~Q(visitors=""), name="visit_has_visitors"),
            models.CheckConstraint(
                condition=Q(nda_signed__isnull=True, nda_should__isnull=True)
                | Q(nda_signed__isnull=False, nda_should__isnull=False, nda_should__gte=F("nda_signed")),
                name="visit_nda_pair",
            ),
            models.CheckConstraint(
                condition=Q(non_compete_signed__isnull=True, non_compete_eligible__isnull=True)
                | Q(
                    non_compete_signed__isnull=False,
                    non_compete_eligible__isnull=False,
                    non_compete_eligible__gte=F("non_compete_signed"),
                ),
                name="visit_non_compete_pair",
            ),
            models.CheckConstraint(
                condition=Q(follow_up_on__isnull=True) | Q(follow_up_on__gte=F("day")), name="visit_follow_up_after"
            ),
        )

    def __str__(self) -> str:
        return f"走访{self.enterprise.name}（{self.day}）"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("visits:visit", args=(self.pk,))

    @property
    def nda_rate(self) -> Rate | None:
        """保密协议签约率, None when it was not learned."""
        return Rate.of(self.nda_signed, self.nda_should)

    @property
    def non_compete_rate(self) -> Rate | None:
        """竞业限制协议签约率, None when it was not learned."""
        return Rate.of(self.non_compete_signed, self.non_compete_eligible)
