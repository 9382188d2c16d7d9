"""移交公证: a list of deposits prepared for a notary, received and confirmed by a partner notary where there is one."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.evidence.models import CheckpointRecord, Deposit
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation, Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet

PURPOSE = 200


class HandOffQuerySet(ScopedQuerySet):
    """An enterprise sees its own, a notary those addressed to it, nobody else any."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """By the two organisations a hand-off has."""
        if actor.organisation_id is None:
            return NOBODY
        if actor.may(Permission.READ_DEPOSITS):
            return Q(enterprise_id=actor.organisation_id)
        if actor.may(Permission.CONFIRM_DEPOSITS):
            return Q(notary_id=actor.organisation_id)
        return NOBODY

    def with_names(self) -> Self:
        """With the two organisations and the people."""
        return self.select_related("enterprise", "notary", "created_by", "confirmed_by")


class HandOff(Scoped):
    """The deposits do not change any more once the list is made: a notary checks what stands on paper.

    Without a `notary` the enterprise takes the file to any notary itself. `finding` is what the notary writes down;
    `cosigned_size` says on which checkpoint the notary's own key stands, where it cosigned one.
    """

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    enterprise = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="企业")
    notary = models.ForeignKey(
        Organisation, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="公证机构"
    )
    purpose = models.CharField("用途", max_length=PURPOSE)
    deposits = models.ManyToManyField(Deposit, related_name="handoffs", verbose_name="存证")
    created_at = models.DateTimeField("移交时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="移交人"
    )
    received_at = models.DateTimeField("接收时间", null=True, blank=True)
    confirmed_at = models.DateTimeField("核验时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="核验人"
    )
    matches = models.BooleanField("核验相符", null=True)
    finding = models.CharField("核验意见", max_length=500, blank=True)
    cosigned_size = models.PositiveBigIntegerField("共同签名的检查点条数", null=True, blank=True)

    objects = HandOffQuerySet.guarded()
    reachable = HandOffQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "移交公证"
        verbose_name_plural = "移交公证"
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=~Q(purpose=""), name="handoff_has_purpose"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, matches__isnull=True, finding="", cosigned_size__isnull=True)
                | Q(confirmed_at__isnull=False, received_at__isnull=False, matches__isnull=False),
                name="handoff_confirmed_after_received",
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True) | Q(notary__isnull=False), name="handoff_received_by_notary"
            ),
        )

    def __str__(self) -> str:
        return self.purpose

    def listed(self) -> list[Deposit]:
        """Its deposits in the order of the log, for whoever may see the hand-off."""
        found = Deposit.objects.unscoped("whoever sees a hand-off sees what was handed off")
        return list(found.filter(handoffs=self).select_related("tenant").order_by("number"))

    def checkpoint(self) -> CheckpointRecord | None:
        """The final checkpoint over all of them, which the notary is asked to cosign; None while there is none."""
        listed = self.listed()
        last = max(deposit.index for deposit in listed)
        covering = CheckpointRecord.objects.unscoped("public").filter(
            log_id=listed[-1].log_number, size__gt=last, final_at__isnull=False
        )
        found: CheckpointRecord | None = covering.select_related("log").order_by("size").first()
        return found

    @property
    def state(self) -> str:
        """How far it is, in words."""
        if self.confirmed_at is not None:
            return "核验相符" if self.matches else "核验不符"
        if self.received_at is not None:
            return "公证机构已接收"
        return "已发送，待接收" if self.notary_id else "已生成"

    @property
    def colour(self) -> str:
        """For the badge."""
        if self.confirmed_at is not None:
            return "green" if self.matches else "red"
        return "blue" if self.received_at is not None else "secondary"
