"""The log, checkpoints kept with what others said of them, and the platform's own deposits."""

from django.db import models
from django.db.models import Q

from midun.evidence.models.deposits import Deposit
from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import PublicQuerySet


class Log(Scoped):
    """One origin. `number` stands in the ids of its deposits; of several logs the one not closed is appended to.

    `keys` are the log's public keys in text form, one a line: they outlive the key files.
    """

    number = models.PositiveIntegerField("序号", primary_key=True)
    origin = models.CharField("名称", max_length=200, unique=True)
    keys = models.TextField("公钥")
    opened_at = models.DateTimeField("建立时间")
    closed_at = models.DateTimeField("停用时间", null=True, blank=True)
    close_reason = models.CharField("停用原因", max_length=300, blank=True)

    objects = PublicQuerySet.guarded()
    reachable = PublicQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "存证日志"
        verbose_name_plural = "存证日志"
        ordering = ("number",)
        constraints = (
            models.UniqueConstraint(models.Value(1), condition=Q(closed_at__isnull=True), name="evidence_one_open_log"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, close_reason="")
                | (Q(closed_at__isnull=False) & ~Q(close_reason="")),
                name="evidence_log_closed_with_reason",
            ),
        )

    def __str__(self) -> str:
        return self.origin


class CheckpointRecord(Scoped):
    """A checkpoint that is kept: for witnesses, time-stamps, final receipts and the daily publication.

    `note` is the signed checkpoint with every cosignature gathered so far; its first three lines are what time-stamps
    stamp. `final_at` is set once the witness policy is satisfied and a time-stamp covers it: then every deposit below
    `size` is final. `published_on` is the day whose publication it is.
    """

    log = models.ForeignKey(Log, on_delete=models.RESTRICT, related_name="+", verbose_name="日志")
    size = models.PositiveBigIntegerField("条数")
    root = models.BinaryField("根", max_length=32)
    note = models.BinaryField("检查点")
    recorded_at = models.DateTimeField("记录时间", db_index=True)
    final_at = models.DateTimeField("完成时间", null=True, blank=True)
    published_on = models.DateField("公布日期", null=True, blank=True, unique=True)

    objects = PublicQuerySet.guarded()
    reachable = PublicQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "检查点"
        verbose_name_plural = "检查点"
        ordering = ("-size", "-pk")
        constraints = (models.UniqueConstraint(fields=("log", "size"), name="evidence_checkpoint_once"),)

    def __str__(self) -> str:
        return f"{self.log_id}:{self.size}"

    @property
    def text(self) -> str:
        """The note text: three lines with their newline, without signatures. What time-stamps stamp."""
        return bytes(self.note).partition(b"\n\n")[0].decode() + "\n"


class PlatformDeposit(Scoped):
    """A digest of the platform's own, deposited with kind 3: the head of the trail, a frozen form.

    `text` is what was digested, in full: whoever reads it, with `salt`, can recompute the commitment. `deposit` is
    empty until the log has taken it; the job tries again until it has.
    """

    subject = models.CharField("事项", max_length=40)
    reference = models.CharField("对象", max_length=100)
    text = models.TextField("原文")
    salt = models.BinaryField("盐", max_length=32)
    created_at = models.DateTimeField("产生时间")
    deposit = models.OneToOneField(
        Deposit, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="存证"
    )

    objects = PublicQuerySet.guarded()
    reachable = PublicQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "平台存证"
        verbose_name_plural = "平台存证"
        ordering = ("-created_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("subject", "reference"), name="evidence_platform_once"),)

    def __str__(self) -> str:
        return f"{self.subject} {self.reference}"
