"""One person at one event."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from midun.activities.kinds import Group, Method
from midun.activities.models.activity import Activity
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation, Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class ParticipationQuerySet(ScopedQuerySet):
    """Who sees which participants."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Authority and station roles see those of events in their subtree; nobody else sees any."""
        if actor.works_for_authority and actor.path:
            return Q(unit__jurisdiction__path__startswith=actor.path)
        return NOBODY


class Participation(Scoped):
    """One person at one event, with the enterprise as typed and, once matched, as in the directory.

    `unit`, `day`, `group` and `counts` repeat the activity's, so that a roll-up over millions of rows reads this table
    alone; the services keep them equal. `identity` is the telephone number, or name and enterprise where none is known.
    """

    activity = models.ForeignKey(
        Activity, on_delete=models.RESTRICT, related_name="participations", verbose_name="活动"
    )
    number = models.PositiveIntegerField("签到序号")
    enterprise = models.ForeignKey(
        Organisation,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="企业",
    )
    is_enterprise = models.BooleanField("企业人员", default=True)
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    enterprise_name = models.CharField("单位名称", max_length=120, blank=True)
    person_name = models.CharField("姓名", max_length=40)
    title = models.CharField("职务", max_length=40, blank=True)
    phone = models.CharField("手机", max_length=20, blank=True)
    identity = models.CharField("同一人判别", max_length=180)
    signed_in_at = models.DateTimeField("签到时间")
    method = models.CharField("登记方式", max_length=10, choices=Method)
    consent_at = models.DateTimeField("同意时间", null=True, blank=True)
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    void_reason = models.CharField("作废理由", max_length=300, blank=True)
    unit = models.ForeignKey(
        Organisation, on_delete=models.RESTRICT, related_name="+", db_index=False, verbose_name="单位"
    )
    day = models.DateField("日期")
    group = models.CharField("统计口径", max_length=12, choices=Group)
    counts = models.BooleanField("计入统计", default=True)

    objects = ParticipationQuerySet.guarded()
    reachable = ParticipationQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "参会人员"
        verbose_name_plural = "参会人员"
        ordering = ("activity", "number")
        indexes = (
            # Each holds all that the figures read, in the order that suits few units and many units.
            models.Index(
                fields=("unit", "group", "day", "enterprise"), condition=Q(counts=True), name="participation_unit_first"
            ),
            models.Index(
                fields=("group", "day", "unit", "enterprise"), condition=Q(counts=True), name="participation_day_first"
            ),
            models.Index(fields=("enterprise", "day"), name="participation_enterprise"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("activity", "identity"), condition=Q(voided_at__isnull=True), name="participation_once"
            ),
            models.UniqueConstraint(fields=("activity", "number"), name="participation_number_once"),
            models.CheckConstraint(condition=~Q(person_name="") & ~Q(identity=""), name="participation_names_a_person"),
            models.CheckConstraint(
                condition=Q(is_enterprise=True) | Q(enterprise__isnull=True), name="participation_enterprise_or_not"
            ),
            models.CheckConstraint(
                condition=~Q(method=Method.QR) | Q(consent_at__isnull=False), name="participation_qr_consented"
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True, void_reason="")
                | (Q(voided_at__isnull=False, counts=False) & ~Q(void_reason="")),
                name="participation_voided_counts_not",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person_name}（{self.enterprise_name or '未填单位'}）"

    def get_absolute_url(self) -> str:
        """The page of its activity, where the list of participants is."""
        return reverse("activities:activity", args=(self.activity_id,))

    @property
    def is_unmatched(self) -> bool:
        """待核对: an enterprise was typed that is not (yet) found in the directory."""
        return self.is_enterprise and self.enterprise_id is None and self.voided_at is None
