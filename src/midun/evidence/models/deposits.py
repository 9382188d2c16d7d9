"""The deposit: the index of the log by tenant, and requests that carried an idempotency key."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q

from midun.evidence import numbers
from midun.evidence.models.projects import Project
from midun.evidence.models.scopes import TenantQuerySet
from midun.evidence.models.tenants import Tenant
from midun.kernel.orgs.models import Scoped

COMMITMENT_BYTES = 64
LABEL = 120


class DepositQuerySet(TenantQuerySet):
    """Deposits, found by the id people hold."""

    def with_id(self, deposit: uuid.UUID) -> Self:
        """At most the one deposit of that id. An id that is not one of ours finds nothing."""
        number = numbers.number_of(deposit)
        return self.none() if number is None else self.filter(pk=number, prefix=numbers.prefix_of(deposit))


class Deposit(Scoped):
    """One entry of the log and whose it is.

    The primary key is the place in the log (`numbers.py`), so that rows can be rebuilt from the log under the same id.
    `commitment` is the SHA-256 and the SM3 commitment, 32 bytes each; one tenant has each at most once.
    `recovered` marks rows rebuilt from the log: for those, label and project are not known to it.
    """

    class Kind(models.IntegerChoices):
        """What the commitment is to."""

        FILE = 1, "单个文件"
        SET = 2, "一组文件"
        PLATFORM = 3, "平台数据"

    number = models.BigIntegerField("序号", primary_key=True)
    tenant = models.ForeignKey(
        Tenant,
        on_delete=models.RESTRICT,
        db_constraint=False,  # checked once for each batch, and by a trigger: see the migration
        db_index=False,
        related_name="+",
        verbose_name="存证方",
    )
    commitment = models.BinaryField("承诺值", max_length=COMMITMENT_BYTES)
    prefix = models.BigIntegerField("编号前段", editable=False)
    kind = models.PositiveSmallIntegerField("类型", choices=Kind)
    claimed_at = models.BigIntegerField("自报时间（Unix 秒）", default=0)
    accepted_at = models.DateTimeField("受理时间")
    project = models.ForeignKey(
        Project, on_delete=models.RESTRICT, null=True, blank=True, related_name="deposits", verbose_name="研发过程"
    )
    label = models.CharField("标注", max_length=LABEL, blank=True)
    recovered = models.BooleanField("由日志重建", default=False)

    objects = DepositQuerySet.guarded()
    reachable = DepositQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "存证"
        verbose_name_plural = "存证"
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "commitment"), name="evidence_deposit_once"),
            models.CheckConstraint(condition=Q(kind__gte=1, kind__lte=3), name="evidence_deposit_kind"),
        )
        indexes = (models.Index(fields=("tenant", "-number"), name="evidence_deposit_list"),)

    def __str__(self) -> str:
        return str(self.uuid)

    @property
    def uuid(self) -> uuid.UUID:
        """The id people hold: made of the entry and its place, the same whenever it is rebuilt."""
        return numbers.uuid_of(self.number, self.prefix)

    @property
    def index(self) -> int:
        """Its index in its log."""
        return numbers.index_of(self.number)

    @property
    def log_number(self) -> int:
        """Which log (`Log.number`)."""
        return numbers.log_of(self.number)

    @property
    def sha256(self) -> bytes:
        """The SHA-256 commitment."""
        return bytes(self.commitment)[:32]

    @property
    def sm3(self) -> bytes:
        """The SM3 commitment."""
        return bytes(self.commitment)[32:]


class DepositRequest(Scoped):
    """A request with an idempotency key, kept for a day: the same key with the same body gives the same answer.

    `key` is SHA-256 of tenant and key, `body` that of the request; `numbers` are the deposits, 8 bytes each.
    """

    key = models.BinaryField("键", max_length=32, primary_key=True)
    tenant = models.ForeignKey(
        Tenant, on_delete=models.RESTRICT, db_index=False, related_name="+", verbose_name="存证方"
    )
    body = models.BinaryField("内容摘要", max_length=32)
    numbers = models.BinaryField("存证")
    at = models.DateTimeField("时间", db_index=True)

    objects = TenantQuerySet.guarded()
    reachable = TenantQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "存证请求"
        verbose_name_plural = "存证请求"

    def __str__(self) -> str:
        return bytes(self.key).hex()
