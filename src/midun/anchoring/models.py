"""Time-stamps of checkpoints, and how each witness and authority has been doing."""

from django.db import models
from django.db.models import Q

from midun.evidence.models import CheckpointRecord
from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import PublicQuerySet


class TimeStamp(Scoped):
    """A verified token (DER) over a checkpoint's note text, by one authority of the configuration.

    `renews` is the token it renews (docs/formats/timestamp.md): it then stamps the text and all tokens of that chain.
    `valid_until` is when the first certificate of its chain expires. `chain` is that chain as PEM, root last;
    `algorithms` are the short names of those it rests on.
    """

    checkpoint = models.ForeignKey(
        CheckpointRecord, on_delete=models.RESTRICT, related_name="timestamps", verbose_name="检查点"
    )
    authority = models.CharField("时间戳机构", max_length=60)
    token = models.BinaryField("时间戳")
    chain = models.TextField("证书链")
    time = models.DateTimeField("时间戳时间")
    valid_until = models.DateTimeField("有效至", db_index=True)
    algorithms = models.CharField("算法", max_length=120)
    development = models.BooleanField("开发用，非法定时间", default=False)
    renews = models.OneToOneField(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="renewal", verbose_name="续期对象"
    )
    received_at = models.DateTimeField("取得时间")

    objects = PublicQuerySet.guarded()
    reachable = PublicQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "时间戳"
        verbose_name_plural = "时间戳"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("checkpoint", "authority"), condition=Q(renews__isnull=True), name="anchoring_timestamp_once"
            ),
            models.CheckConstraint(condition=Q(valid_until__gt=models.F("time")), name="anchoring_timestamp_was_valid"),
        )

    def __str__(self) -> str:
        return f"{self.authority} {self.time:%F %T}"


class AnchorState(Scoped):
    """How a witness or an authority has been doing: when it answered well, what went wrong since, when to ask again.

    `known_size` is the size a witness cosigned last, of the log numbered `known_log`. `failing_since` is empty while
    all is well; `alarmed_at` says that the administrators were told of this failure.
    """

    class Kind(models.TextChoices):
        """What it is."""

        WITNESS = "witness", "见证方"
        AUTHORITY = "authority", "时间戳机构"
        RENEWAL = "renewal", "时间戳续期"

    kind = models.CharField("类型", max_length=10, choices=Kind)
    name = models.CharField("名称", max_length=60)
    known_log = models.PositiveIntegerField("已见证日志", default=0)
    known_size = models.PositiveBigIntegerField("已见证条数", default=0)
    succeeded_at = models.DateTimeField("最近成功", null=True, blank=True)
    failing_since = models.DateTimeField("开始失败", null=True, blank=True)
    failures = models.PositiveIntegerField("连续失败次数", default=0)
    problem = models.CharField("最近的问题", max_length=300, blank=True)
    next_at = models.DateTimeField("下次尝试", null=True, blank=True)
    alarmed_at = models.DateTimeField("告警时间", null=True, blank=True)

    objects = PublicQuerySet.guarded()
    reachable = PublicQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "见证与时间戳状态"
        verbose_name_plural = "见证与时间戳状态"
        ordering = ("kind", "name")
        constraints = (
            models.UniqueConstraint(fields=("kind", "name"), name="anchoring_state_once"),
            models.CheckConstraint(
                condition=Q(failing_since__isnull=True, failures=0) | Q(failing_since__isnull=False, failures__gt=0),
                name="anchoring_failing_since_failure",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"
