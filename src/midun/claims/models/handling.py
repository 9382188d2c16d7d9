"""The handling of a claim between and beside its steps: handed on to another unit, noted, answered."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ENTERPRISE_ROLES
from midun.kernel.orgs.models import Organisation, Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class HandoverQuerySet(ScopedQuerySet):
    """Who sees which handovers."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Both sides, the unit in charge, and those above."""
        if not (actor.works_for_authority and actor.path):
            return NOBODY
        return (
            Q(source__jurisdiction__path__startswith=actor.path)
            | Q(target__jurisdiction__path__startswith=actor.path)
            | Q(claim__unit__jurisdiction__path__startswith=actor.path)
        )


class Handover(Scoped):
    """A claim went from one unit to another (转办). The row keeps it in sight of the unit that handed it on."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.RESTRICT, related_name="handovers", verbose_name="诉求")
    source = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="转出单位")
    target = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="转入单位")
    reason = models.CharField("理由", max_length=500)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="经办人"
    )

    objects = HandoverQuerySet.guarded()
    reachable = HandoverQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "转办"
        verbose_name_plural = "转办"
        ordering = ("id",)
        indexes = (models.Index(fields=("source", "claim"), name="handover_source"),)
        constraints = (
            models.CheckConstraint(condition=~Q(source=F("target")), name="handover_to_another_unit"),
            models.CheckConstraint(condition=~Q(reason=""), name="handover_has_reason"),
        )

    def __str__(self) -> str:
        return f"{self.source.label} → {self.target.label}"


class NoteQuerySet(ScopedQuerySet):
    """Who sees which notes on the handling of a claim."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """The unit in charge and those above everything; the enterprise and those who had the claim what was told."""
        if actor.role in ENTERPRISE_ROLES:
            return Q(told=True, claim__enterprise_id=actor.organisation_id)
        if not (actor.works_for_authority and actor.path):
            return NOBODY
        inside = Q(claim__unit__jurisdiction__path__startswith=actor.path)
        own = Q(unit__jurisdiction__path__startswith=actor.path)
        followed = Handover.objects.unscoped("who handed a claim on reads what the enterprise reads").filter(
            source__jurisdiction__path__startswith=actor.path
        )
        follows = Q(claim__registrar__jurisdiction__path__startswith=actor.path) | Q(claim__in=followed.values("claim"))
        return inside | own | (Q(told=True) & follows)


class Note(Scoped):
    """What was done about a claim between two steps; `told` notes are an answer that the enterprise reads as well."""

    claim = models.ForeignKey("claims.Claim", on_delete=models.RESTRICT, related_name="notes", verbose_name="诉求")
    unit = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="单位")
    text = models.CharField("办理情况", max_length=1000)
    told = models.BooleanField("告知企业", default=False)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="经办人"
    )

    objects = NoteQuerySet.guarded()
    reachable = NoteQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "办理情况"
        verbose_name_plural = "办理情况"
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=~Q(text=""), name="note_has_text"),)

    def __str__(self) -> str:
        return self.text[:40]
