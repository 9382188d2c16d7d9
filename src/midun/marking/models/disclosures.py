"""One registered copy shown to the bureau that handles a claim."""

import json
import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from midun.claims.models import Claim
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation, Scoped, void_iff_reason
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet
from midun.marking.models.batches import IssuedCopy

REASON = 300


class DisclosureQuerySet(ScopedQuerySet):
    """The enterprise sees its own; of the authorities only the unit it was shown to, until it is taken back."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """A unit above, below or beside sees nothing, nor does the one the claim is handed on to."""
        if actor.organisation_id is None:
            return NOBODY
        if actor.works_for_authority and actor.may(Permission.HANDLE_CLAIM):
            return Q(unit_id=actor.organisation_id, voided_at__isnull=True)
        if actor.may(Permission.READ_DEPOSITS):
            return Q(copy__batch__enterprise_id=actor.organisation_id)
        return NOBODY

    def live(self) -> Self:
        """Not taken back."""
        return self.filter(voided_at__isnull=True)


class Disclosure(Scoped):
    """`salt` and `text` open the commitment of `copy`, and no other; `unit` is whom it is shown to."""

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    copy = models.ForeignKey(IssuedCopy, on_delete=models.RESTRICT, related_name="disclosures", verbose_name="副本")
    claim = models.ForeignKey(Claim, on_delete=models.RESTRICT, related_name="+", verbose_name="诉求")
    unit = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="接收单位")
    salt = models.CharField("盐", max_length=64)
    text = models.TextField("登记内容")
    disclosed_at = models.DateTimeField("出示时间")
    disclosed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="出示人"
    )
    voided_at = models.DateTimeField("撤回时间", null=True, blank=True)
    void_reason = models.CharField("撤回理由", max_length=REASON, blank=True)

    objects = DisclosureQuerySet.guarded()
    reachable = DisclosureQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "副本出示"
        verbose_name_plural = "副本出示"
        ordering = ("-disclosed_at", "-pk")
        constraints = (
            void_iff_reason("marking_disclosure_void_iff_reason"),
            models.UniqueConstraint(
                fields=("copy", "claim", "unit"), condition=Q(voided_at__isnull=True), name="marking_disclosure_once"
            ),
        )

    def __str__(self) -> str:
        return f"副本出示 {str(self.uuid)[:8]}"  # auditors of bureaus read the trail: not the text

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("marking:disclosure", args=[self.uuid])

    @property
    def row(self) -> dict[str, Any]:
        """What was registered of the copy, by name."""
        said: dict[str, Any] = json.loads(self.text)
        return said
