"""Who deposits: tenants, what they may use, what they used, and the tokens of their programs."""

import os
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.evidence.models.scopes import OwnQuerySet, TenantQuerySet
from midun.kernel.orgs.models import Organisation, Scoped

KEY_BYTES = 32


def new_key() -> bytes:
    """A fresh key for a tenant's submitter tags."""
    return os.urandom(KEY_BYTES)


class Tenant(Scoped):
    """An enterprise as depositor; the one without an enterprise is the platform itself.

    `key` makes the submitter tags (docs/formats/receipt.md); the quotas are checked by the one process that appends.
    """

    enterprise = models.OneToOneField(
        Organisation, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="企业"
    )
    key = models.BinaryField("标签密钥", max_length=KEY_BYTES, default=new_key, editable=False)
    per_day = models.PositiveIntegerField("每日条数上限", default=1_000_000)
    per_minute = models.PositiveIntegerField("每分钟条数上限", default=100_000)

    objects = OwnQuerySet.guarded()
    reachable = OwnQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "存证方"
        verbose_name_plural = "存证方"
        constraints = (
            models.UniqueConstraint(
                models.Value(1), condition=Q(enterprise__isnull=True), name="evidence_one_platform_tenant"
            ),
        )

    def __str__(self) -> str:
        return str(self.enterprise) if self.enterprise_id else "本平台"


class Usage(Scoped):
    """How many entries a tenant deposited on a day (of Shanghai): what the daily quota is held against."""

    tenant = models.ForeignKey(Tenant, on_delete=models.RESTRICT, related_name="+", verbose_name="存证方")
    day = models.DateField("日期")
    entries = models.PositiveBigIntegerField("条数")

    objects = TenantQuerySet.guarded()
    reachable = TenantQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "存证用量"
        verbose_name_plural = "存证用量"
        constraints = (models.UniqueConstraint(fields=("tenant", "day"), name="evidence_usage_once"),)

    def __str__(self) -> str:
        return f"{self.day}: {self.entries}"


class Token(Scoped):
    """A key by which an enterprise's program deposits. The token itself is shown once; here lies its SHA-256."""

    class Scope(models.TextChoices):
        """What the token may do."""

        DEPOSIT = "deposit", "存证与查询"
        READ = "read", "只查询"

    tenant = models.ForeignKey(Tenant, on_delete=models.RESTRICT, related_name="tokens", verbose_name="存证方")
    name = models.CharField("用途", max_length=60)
    digest = models.CharField("摘要", max_length=64, unique=True, editable=False)
    hint = models.CharField("开头", max_length=12)
    scope = models.CharField("范围", max_length=10, choices=Scope)
    created_at = models.DateTimeField("创建时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="创建人"
    )
    expires_at = models.DateTimeField("到期时间")
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    used_at = models.DateTimeField("最近使用", null=True, blank=True)

    objects = TenantQuerySet.guarded()
    reachable = TenantQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "接口令牌"
        verbose_name_plural = "接口令牌"
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("created_at")), name="evidence_token_lives"),
            models.CheckConstraint(condition=~Q(name=""), name="evidence_token_named"),
        )

    def __str__(self) -> str:
        return f"{self.name}（{self.hint}…）"

    def state_at(self, at: datetime) -> str:
        """有效, 已撤销 or 已过期 at a moment."""
        if self.revoked_at is not None:
            return "已撤销"
        return "有效" if at < self.expires_at else "已过期"
