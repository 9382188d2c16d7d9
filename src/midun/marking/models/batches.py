"""A batch of marked copies and its copies, by commitments."""

import uuid
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.urls import reverse

from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation, Scoped
from midun.kernel.orgs.scoping import OwnQuerySet

TITLE, REASON = 80, 200


class BatchQuerySet(OwnQuerySet):
    """Batches of the actor's own enterprise; no bureau sees any."""

    right = Permission.READ_DEPOSITS

    def to_come_back(self, until: date) -> Self:
        """Approved, with a day of return up to `until`, and with copies neither recalled nor destroyed (`out`)."""
        out = Q(copies__recalled_at__isnull=True, copies__destroyed_at__isnull=True)
        due = self.filter(approved=True, expires_on__lte=until).annotate(out=Count("copies", filter=out))
        return due.filter(out__gt=0).order_by("expires_on", "pk")


class CopyQuerySet(BatchQuerySet):
    """As the batch they belong to."""

    owner = "batch__enterprise_id"


class IssueBatch(Scoped):
    """`sha256` is the digest of the registration file; the title is what the enterprise chose to show."""

    class Channel(models.TextChoices):
        """How the copies reach their recipients."""

        SYSTEM = "system", "内部系统"
        MAIL = "mail", "电子邮件"
        CHAT = "chat", "即时通信"
        MEDIUM = "medium", "移动介质"
        PAPER = "paper", "纸质"

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    enterprise = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="企业")
    title = models.CharField("名称", max_length=TITLE)
    grade = models.CharField("密级", max_length=10, blank=True)
    term_until = models.DateField("保密期限截止", null=True, blank=True)
    channel = models.CharField("发放渠道", max_length=10, choices=Channel)
    expires_on = models.DateField("收回日期", null=True, blank=True)
    sha256 = models.CharField("登记文件摘要", max_length=64)
    count = models.PositiveIntegerField("份数")
    submitted_at = models.DateTimeField("提交时间")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="提交人"
    )
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="审批人"
    )
    approved = models.BooleanField("同意", null=True)
    reason = models.CharField("退回理由", max_length=REASON, blank=True)

    out: int
    """How many copies are neither recalled nor destroyed, where `to_come_back` fetched it."""

    objects = BatchQuerySet.guarded()
    reachable = BatchQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "副本批次"
        verbose_name_plural = "副本批次"
        ordering = ("-submitted_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=~Q(title="") & Q(count__gt=0), name="marking_batch_titled"),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, approved__isnull=True, reason="", decided_by__isnull=True)
                | Q(decided_at__isnull=False, approved=True, reason="")
                | (Q(decided_at__isnull=False, approved=False) & ~Q(reason="")),
                name="marking_batch_decided",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("submitted_by")),
                name="marking_batch_two_persons",
            ),
        )

    def __str__(self) -> str:
        return f"副本批次 {str(self.uuid)[:8]}"  # auditors of bureaus read the trail: not the title

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("marking:batch", args=[self.uuid])

    @property
    def by_term(self) -> bool:
        """Whether the day by which copies come back is that on which the secrecy term ends."""
        return self.expires_on is not None and self.expires_on == self.term_until

    @property
    def state(self) -> str:
        """In words."""
        if self.decided_at is None:
            return "待审批"
        return "已批准" if self.approved else "已退回"

    @property
    def colour(self) -> str:
        """For the badge."""
        return {"待审批": "orange", "已批准": "green", "已退回": "red"}[self.state]


class IssuedCopy(Scoped):
    """One copy: a commitment, and what became of it."""

    batch = models.ForeignKey(IssueBatch, on_delete=models.RESTRICT, related_name="copies", verbose_name="批次")
    number = models.PositiveIntegerField("序号")
    commitment = models.CharField("承诺值", max_length=64)
    acknowledged_at = models.DateTimeField("签收时间", null=True, blank=True)
    recalled_at = models.DateTimeField("收回时间", null=True, blank=True)
    destroyed_at = models.DateTimeField("销毁时间", null=True, blank=True)

    objects = CopyQuerySet.guarded()
    reachable = CopyQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "登记的副本"
        verbose_name_plural = "登记的副本"
        ordering = ("batch", "number")
        constraints = (
            models.UniqueConstraint(fields=("batch", "number"), name="marking_copy_numbered"),
            models.UniqueConstraint(fields=("batch", "commitment"), name="marking_copy_once"),
        )
        indexes = (models.Index(fields=("commitment",), name="marking_copy_found"),)

    def __str__(self) -> str:
        return f"副本 {self.commitment[:8]}"
