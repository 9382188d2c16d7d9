"""Tables of the claims ledger."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from midun.campaigns.models import PlanLine
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ENTERPRISE_ROLES
from midun.kernel.orgs.models import Organisation, UnitRecord, UnitRecordQuerySet


class Source(models.TextChoices):
    """How a claim or suggestion reached us."""

    ENTERPRISE = "enterprise", "企业自行提出"
    VISIT = "visit", "走访调研"
    ACTIVITY = "activity", "座谈培训等活动"
    STATION = "station", "服务站点"
    PHONE = "phone", "电话"
    OTHER = "other", "其他"


class Topic(models.TextChoices):
    """What it is about."""

    SYSTEM = "system", "制度建设"
    CLASSIFICATION = "classification", "识别与定密"
    PERSONNEL = "personnel", "涉密人员与竞业限制"
    TECHNOLOGY = "technology", "技术防护"
    DEPOSIT = "deposit", "存证与确权"
    TRAINING = "training", "培训宣传"
    RIGHTS = "rights", "维权援助"
    OVERSEAS = "overseas", "涉外保护"
    FINANCE = "finance", "融资与保险"
    OTHER = "other", "其他"


class ClaimState(models.TextChoices):
    """登记 → 受理 → 办理 → 办结, with 不予受理 and 转办."""

    REGISTERED = "registered", "已登记"
    ACCEPTED = "accepted", "已受理"
    IN_PROGRESS = "in_progress", "办理中"
    CLOSED = "closed", "已办结"
    REFUSED = "refused", "不予受理"


class Urgency(models.TextChoices):
    """How soon it must be handled; the working days are in claims.workflow."""

    NORMAL = "normal", "一般"
    URGENT = "urgent", "紧急"


class ClaimQuerySet(UnitRecordQuerySet):
    """Who sees which claims."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """The unit's subtree; an enterprise sees its own."""
        if actor.role in ENTERPRISE_ROLES:
            return Q(enterprise_id=actor.organisation_id)
        return super().scope_for(actor)


class Claim(UnitRecord):
    """One need or difficulty. `unit` is the unit that handles it now."""

    number = models.CharField("编号", max_length=30, unique=True)
    enterprise = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="企业")
    source = models.CharField("来源", max_length=12, choices=Source)
    source_type = models.CharField("来源记录类型", max_length=60, blank=True)
    source_id = models.BigIntegerField("来源记录", null=True, blank=True)
    topic = models.CharField("事项", max_length=20, choices=Topic)
    urgency = models.CharField("紧急程度", max_length=10, choices=Urgency, default=Urgency.NORMAL)
    title = models.CharField("诉求概要", max_length=100)
    detail = models.TextField("具体情况", blank=True)
    contact = models.CharField("联系人及电话", max_length=80, blank=True)
    raised_on = models.DateField("提出日期")
    due_on = models.DateField("办理期限")
    state = models.CharField("状态", max_length=12, choices=ClaimState, default=ClaimState.REGISTERED)
    accepted_at = models.DateTimeField("受理时间", null=True, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    resolved = models.BooleanField("已解决", default=False)
    reply = models.TextField("答复", blank=True)
    is_lead = models.BooleanField("疑似侵权线索", default=False)
    satisfaction = models.PositiveSmallIntegerField("满意度", null=True, blank=True)
    satisfaction_note = models.CharField("评价", max_length=300, blank=True)

    objects = ClaimQuerySet.guarded()
    reachable = ClaimQuerySet.reachable()

    class Meta(UnitRecord.Meta):
        verbose_name = "诉求"
        verbose_name_plural = "诉求台账"
        ordering = ("-raised_on", "-pk")
        indexes = (
            models.Index(fields=("unit", "raised_on"), name="claim_unit_day"),
            models.Index(fields=("state", "due_on"), name="claim_due"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=(ClaimState.CLOSED, ClaimState.REFUSED), closed_at__isnull=False)
                | Q(closed_at__isnull=True) & ~Q(state__in=(ClaimState.CLOSED, ClaimState.REFUSED)),
                name="claim_closed_stamp",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(ClaimState.ACCEPTED, ClaimState.IN_PROGRESS)) | Q(accepted_at__isnull=False),
                name="claim_accepted_stamp",
            ),
            models.CheckConstraint(
                condition=Q(resolved=False) | Q(state=ClaimState.CLOSED), name="claim_resolved_only_when_closed"
            ),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__range=(1, 5)), name="claim_satisfaction_range"
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        """Its page in the ledger."""
        return reverse("claims:claim", args=(self.pk,))

    @property
    def is_open(self) -> bool:
        """Whether it still has to be handled."""
        return self.closed_at is None


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
        indexes = (models.Index(fields=("unit", "given_on"), name="suggestion_unit_day"),)

    def __str__(self) -> str:
        return self.text[:40]

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("claims:suggestion", args=(self.pk,))
