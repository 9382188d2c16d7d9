"""The certificate of attendance."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.activities.models.participation import Participation
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import NOBODY, PublicQuerySet, ScopedQuerySet


class CertificateQuerySet(ScopedQuerySet):
    """Who sees which certificates."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """As the participation."""
        if actor.works_for_authority and actor.path:
            return Q(participation__unit__jurisdiction__path__startswith=actor.path)
        return NOBODY


class Certificate(Scoped):
    """What was certified, word for word, with the platform's signature. Later changes of the event do not change it."""

    participation = models.ForeignKey(
        Participation, on_delete=models.RESTRICT, related_name="certificates", verbose_name="参会人员"
    )
    number = models.CharField("证书编号", max_length=20, unique=True)
    code = models.CharField("验证码", max_length=16, unique=True)
    person_name = models.CharField("姓名", max_length=40)
    enterprise_name = models.CharField("单位", max_length=120, blank=True)
    event = models.CharField("活动名称", max_length=120)
    day = models.DateField("活动日期")
    hours = models.DecimalField("学时", max_digits=4, decimal_places=1)
    issuer = models.CharField("签发单位", max_length=120)
    issued_on = models.DateField("签发日期")
    signature = models.CharField("签名", max_length=86)
    key_id = models.CharField("公钥编号", max_length=16)
    issued_at = models.DateTimeField("签发时间")
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="签发人"
    )
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    revoke_reason = models.CharField("撤销理由", max_length=300, blank=True)

    objects = CertificateQuerySet.guarded()
    reachable = CertificateQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "参训证书"
        verbose_name_plural = "参训证书"
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("participation",), condition=Q(revoked_at__isnull=True), name="certificate_one_valid"
            ),
            models.CheckConstraint(condition=Q(hours__gt=Decimal(0)), name="certificate_hours_positive"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoke_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoke_reason="")),
                name="certificate_revoked_iff_reason",
            ),
        )

    def __str__(self) -> str:
        return self.number


class CertificateYear(Scoped):
    """The last number given out in a year; issuing adds to it, so two who issue at once wait for each other."""

    year = models.PositiveSmallIntegerField("年份", primary_key=True)
    last = models.PositiveIntegerField("最后序号", default=0)

    objects = PublicQuerySet.guarded()
    reachable = PublicQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "证书编号"
        verbose_name_plural = "证书编号"

    def __str__(self) -> str:
        return f"{self.year}：{self.last}"
