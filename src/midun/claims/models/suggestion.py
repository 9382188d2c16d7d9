"""The suggestion."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from midun.campaigns.models import PlanLine
from midun.claims.models.choices import Source, Topic
from midun.kernel.orgs.models import Organisation, UnitRecord, UnitRecordQuerySet, void_iff_reason


class Suggestion(UnitRecord):
    """One opinion or suggestion an enterprise gave, counted one by one."""

    enterprise = models.ForeignKey(
        Organisation, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="企业"
    )
    source = models.CharField("来源", max_length=12, choices=Source)
    source_type = models.CharField("来源记录类型", max_length=60, blank=True)
    source_id = models.BigIntegerField("来源记录", null=True, blank=True)
    plan_line = models.ForeignKey(
        PlanLine, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="对应安排"
    )
    topic = models.CharField("主题", max_length=20, choices=Topic)
    text = models.CharField("内容", max_length=500)
    given_on = models.DateField("日期")

    objects = UnitRecordQuerySet.guarded()
    reachable = UnitRecordQuerySet.reachable()

    class Meta(UnitRecord.Meta):
        verbose_name = "意见建议"
        verbose_name_plural = "意见建议"
        ordering = ("-given_on", "-pk")
        indexes = (
            models.Index(fields=("unit", "given_on"), name="suggestion_unit_day"),
            models.Index(fields=("source_type", "source_id"), name="suggestion_source"),
        )
        constraints = (
            void_iff_reason("suggestion_void_iff_reason"),
            models.CheckConstraint(condition=~Q(text=""), name="suggestion_has_text"),
        )

    def __str__(self) -> str:
        return self.text[:40]

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("claims:suggestion", args=(self.pk,))
