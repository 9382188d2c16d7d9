"""密封比对: a session in which two encrypted bundles are compared and then erased."""

import uuid
import zlib

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from midun.claims.models import Claim
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation, Scoped
from midun.kernel.orgs.scoping import OwnQuerySet
from midun.lib.similarity.sealed import Session

PARTY = 60


class SessionQuerySet(OwnQuerySet):
    """Only the bureau that opened it: its report shows passages of a secret, so not even the bureau above reads it."""

    right = Permission.SCREEN
    owner = "unit_id"


class SealedSession(Scoped):
    """Its stamps tell its state. The secret key and the bundles lie in a folder of their own (`services/vault.py`).

    A report is stored only together with `erased_at`: what was compared is gone by then. `report` is the report's
    JSON, compressed.
    """

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="单位")
    claim = models.ForeignKey(
        Claim, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="诉求"
    )
    purpose = models.CharField("事由", max_length=120)
    party_a = models.CharField("甲方（主张权利）", max_length=PARTY)
    party_b = models.CharField("乙方（被比对）", max_length=PARTY)
    public = models.BinaryField("会话公钥", max_length=32)
    opened_at = models.DateTimeField("开启时间")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="开启人"
    )
    expires_at = models.DateTimeField("到期时间")
    a_sha256 = models.CharField("甲方材料包 SHA-256", max_length=64, blank=True)
    a_at = models.DateTimeField("甲方材料包接收时间", null=True, blank=True)
    b_sha256 = models.CharField("乙方材料包 SHA-256", max_length=64, blank=True)
    b_at = models.DateTimeField("乙方材料包接收时间", null=True, blank=True)
    started_at = models.DateTimeField("开始比对", null=True, blank=True)
    erased_at = models.DateTimeField("材料删除时间", null=True, blank=True)
    finished_at = models.DateTimeField("完成时间", null=True, blank=True)
    failure = models.CharField("未完成的原因", max_length=300, blank=True)
    report = models.BinaryField("报告", null=True, blank=True)
    report_sha256 = models.CharField("报告 SHA-256", max_length=64, blank=True)
    closed_at = models.DateTimeField("关闭时间", null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="关闭人"
    )

    objects = SessionQuerySet.guarded()
    reachable = SessionQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "密封比对"
        verbose_name_plural = "密封比对"
        ordering = ("-opened_at", "-pk")
        constraints = (
            models.CheckConstraint(
                condition=~Q(purpose="") & ~Q(party_a="") & ~Q(party_b=""), name="matching_session_named"
            ),
            models.CheckConstraint(
                condition=(Q(a_at__isnull=True, a_sha256="") | (Q(a_at__isnull=False) & ~Q(a_sha256="")))
                & (Q(b_at__isnull=True, b_sha256="") | (Q(b_at__isnull=False) & ~Q(b_sha256=""))),
                name="matching_session_received_stamps",
            ),
            models.CheckConstraint(
                condition=Q(started_at__isnull=True) | Q(a_at__isnull=False, b_at__isnull=False),
                name="matching_session_both_before_start",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, report__isnull=True, report_sha256="", failure="")
                | (
                    Q(finished_at__isnull=False, started_at__isnull=False, erased_at__isnull=False)
                    & (
                        (Q(report__isnull=False, failure="") & ~Q(report_sha256=""))
                        | (Q(report__isnull=True, report_sha256="") & ~Q(failure=""))
                    )
                ),
                name="matching_session_erased_before_report",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(erased_at__isnull=False), name="matching_session_closed_erased"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("opened_at")), name="matching_session_lives"),
        )

    def __str__(self) -> str:
        return self.purpose

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("matching:session", args=(self.uuid,))

    @property
    def key(self) -> Session:
        """What the parties seal to."""
        return Session(str(self.uuid), bytes(self.public))

    @property
    def waits(self) -> bool:
        """Whether bundles can still be received."""
        return self.started_at is None and self.erased_at is None

    @property
    def state(self) -> str:
        """How far it is, in words."""
        if self.report_sha256:
            return "已关闭" if self.closed_at else "报告已生成"
        if self.failure:
            return "未完成"
        if self.erased_at:
            return "已关闭"
        if self.started_at:
            return "正在比对"
        return "待比对" if self.a_at and self.b_at else "待接收材料"

    @property
    def colour(self) -> str:
        """For the badge."""
        colours = {"报告已生成": "green", "未完成": "red", "正在比对": "blue", "待比对": "blue", "待接收材料": "orange"}
        return colours.get(self.state, "secondary")

    def report_json(self) -> bytes:
        """The report. Raises ValueError where there is none."""
        if self.report is None:
            raise ValueError("no report")
        return zlib.decompress(bytes(self.report))
