"""The event, and the QR code with which people sign in to it."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from midun.activities.headings import group_of
from midun.activities.kinds import Group, Kind, Mode
from midun.campaigns.models import PlanLine
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Scoped, UnitRecord, UnitRecordQuerySet
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class Activity(UnitRecord):
    """One event of a unit on a day.

    `headcount_extra` are people counted without a list, `anonymous_enterprises` enterprises counted without a name;
    both stand beside the participations and each carries its reason.
    """

    kind = models.CharField("类型", max_length=12, choices=Kind)
    mode = models.CharField("方式", max_length=10, choices=Mode, default=Mode.ON_SITE)
    title = models.CharField("活动名称", max_length=120)
    day = models.DateField("日期")
    start_time = models.TimeField("开始时间", null=True, blank=True)
    end_time = models.TimeField("结束时间", null=True, blank=True)
    hours = models.DecimalField("学时", max_digits=4, decimal_places=1, null=True, blank=True)
    place = models.CharField("地点", max_length=120, blank=True)
    plan_line = models.ForeignKey(
        PlanLine, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="对应安排"
    )
    summary = models.TextField("活动简述", blank=True)
    materials = models.PositiveIntegerField("发放材料（份）", default=0)
    headcount_extra = models.PositiveIntegerField("未签到人数", default=0)
    headcount_reason = models.CharField("未签到人数的依据", max_length=200, blank=True)
    anonymous_enterprises = models.PositiveIntegerField("未列名企业数", default=0)
    anonymous_reason = models.CharField("未列名的原因", max_length=200, blank=True)
    published_at = models.DateTimeField("上线时间", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="发布人",
    )

    objects = UnitRecordQuerySet.guarded()
    reachable = UnitRecordQuerySet.reachable()

    class Meta(UnitRecord.Meta):
        verbose_name = "活动"
        verbose_name_plural = "活动"
        ordering = ("-day", "-pk")
        indexes = (
            models.Index(fields=("unit", "day"), name="activity_unit_day"),
            models.Index(fields=("day", "kind"), name="activity_day_kind"),
            models.Index(fields=("-day", "-id"), condition=Q(published_at__isnull=False), name="activity_portal"),
        )
        constraints = (
            models.CheckConstraint(condition=~Q(title=""), name="activity_has_title"),
            models.CheckConstraint(
                condition=Q(end_time__isnull=True) | Q(start_time__isnull=False, end_time__gt=F("start_time")),
                name="activity_time_order",
            ),
            models.CheckConstraint(
                condition=Q(hours__isnull=True) | Q(hours__gt=Decimal(0)), name="activity_hours_positive"
            ),
            models.CheckConstraint(
                condition=Q(headcount_extra=0, headcount_reason="")
                | (Q(headcount_extra__gt=0) & ~Q(headcount_reason="")),
                name="activity_extra_iff_reason",
            ),
            models.CheckConstraint(
                condition=Q(anonymous_enterprises=0, anonymous_reason="")
                | (Q(anonymous_enterprises__gt=0) & ~Q(anonymous_reason="")),
                name="activity_anonymous_iff_reason",
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True, void_reason="") | (Q(voided_at__isnull=False) & ~Q(void_reason="")),
                name="activity_void_iff_reason",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by__isnull=True)
                | Q(published_at__isnull=False, published_by__isnull=False, voided_at__isnull=True),
                name="activity_published_by_someone",
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("activities:activity", args=(self.pk,))

    @property
    def group(self) -> Group:
        """The heading of the statistics form under which it counts."""
        return group_of(Kind(self.kind), self.day)

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it (and its public attachments)."""
        return self.published_at is not None and self.voided_at is None


class OfActivityQuerySet(ScopedQuerySet):
    """What hangs on an activity is seen by whoever sees the activity."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """As the activity."""
        if actor.works_for_authority and actor.path:
            return Q(activity__unit__jurisdiction__path__startswith=actor.path)
        return NOBODY


class SignIn(Scoped):
    """The QR code of one event. The address stays the same when sign-in is closed and opened again (posters hang).

    With `rotating` the address alone is not enough: a code derived from `secret` and the minute must come with it.
    """

    activity = models.OneToOneField(Activity, on_delete=models.CASCADE, related_name="sign_in", verbose_name="活动")
    token = models.CharField("签到地址", max_length=43, unique=True)
    secret = models.CharField("轮换密钥", max_length=64)
    rotating = models.BooleanField("防代签", default=False)
    opened_at = models.DateTimeField("开放时间")
    closes_at = models.DateTimeField("截止时间")
    closed_at = models.DateTimeField("关闭时间", null=True, blank=True)

    objects = OfActivityQuerySet.guarded()
    reachable = OfActivityQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "现场签到"
        verbose_name_plural = "现场签到"
        constraints = (
            models.CheckConstraint(condition=Q(closes_at__gt=F("opened_at")), name="sign_in_closes_after_opening"),
        )

    def __str__(self) -> str:
        return f"{self.activity} 签到"

    def is_open(self, at: datetime) -> bool:
        """Whether people may sign in at this moment."""
        return self.closed_at is None and self.opened_at <= at < self.closes_at

    @property
    def path(self) -> str:
        """The address people open."""
        return reverse("activities:sign-in", args=(self.token,))
