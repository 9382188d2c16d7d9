"""线索筛查: a comparison report on a claim of a bureau's ledger."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from midun.claims.models import Claim
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation, void_iff_reason
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet
from midun.matching.models.summary import Summarised

NOTE = 500


class ScreeningQuerySet(ScopedQuerySet):
    """Who sees a screening: those who work on leads where the claim is handled now; never the enterprises."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """As the internal notes of a claim: the unit in charge and those above."""
        if not (actor.works_for_authority and actor.path and actor.may(Permission.SCREEN)):
            return NOBODY
        return Q(claim__unit__jurisdiction__path__startswith=actor.path)

    def live(self) -> Self:
        """Not voided."""
        return self.filter(voided_at__isnull=True)


class Screening(Summarised):
    """A report that was verified and attached. `session` where it came out of a sealed comparison here."""

    claim = models.ForeignKey(Claim, on_delete=models.RESTRICT, related_name="+", verbose_name="诉求")
    unit = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="单位")
    note = models.CharField("说明", max_length=NOTE, blank=True)
    session = models.OneToOneField(
        "matching.SealedSession",
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="screening",
        verbose_name="密封比对",
    )
    attached_at = models.DateTimeField("附入时间")
    attached_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="附入人"
    )
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    void_reason = models.CharField("作废理由", max_length=300, blank=True)

    objects = ScreeningQuerySet.guarded()
    reachable = ScreeningQuerySet.reachable()

    class Meta(Summarised.Meta):
        verbose_name = "线索筛查"
        verbose_name_plural = "线索筛查"
        ordering = ("-attached_at", "-pk")
        constraints = (
            void_iff_reason("matching_screening_void_iff_reason"),
            models.UniqueConstraint(
                fields=("claim", "report_sha256"),
                condition=Q(voided_at__isnull=True),
                name="matching_screening_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.claim.number} 比对报告 {self.report_sha256[:8]}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("matching:screening", args=(self.pk,))
