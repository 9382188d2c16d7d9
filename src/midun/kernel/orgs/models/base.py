"""What every scoped table shares, and what every record of work shares."""

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class Scoped(models.Model):
    """A table whose `objects` must be told for whom it fetches.

    Each subclass declares its own `objects = XQuerySet.guarded()` and `reachable = XQuerySet.reachable()` and
    inherits this Meta (`class Meta(Scoped.Meta)`).
    """

    if TYPE_CHECKING:  # each table declares its own, built at run time
        reachable: Any
    else:
        reachable = ScopedQuerySet.reachable()

    class Meta:
        abstract = True
        default_manager_name = "reachable"


class UnitRecordQuerySet(ScopedQuerySet):
    """Records of work: a unit did something on a day."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Authority and station roles see the records of the units in their subtree; nobody else sees any."""
        if actor.works_for_authority and actor.path:
            return Q(unit__jurisdiction__path__startswith=actor.path)
        return NOBODY

    def live(self) -> Self:
        """Not voided."""
        return self.filter(voided_at__isnull=True)


class UnitRecord(Scoped):
    """A record of a unit's work. It is never deleted: it is voided with a reason and then no longer counts.

    `version` is the optimistic lock: a service that edits takes the version the person saw and raises
    `Stale` when somebody else was faster.
    """

    unit = models.ForeignKey("orgs.Organisation", on_delete=models.RESTRICT, related_name="+", verbose_name="单位")
    created_at = models.DateTimeField("登记时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="登记人"
    )
    version = models.PositiveIntegerField("版本", default=1)
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    void_reason = models.CharField("作废理由", max_length=300, blank=True)

    class Meta(Scoped.Meta):
        abstract = True


def void_iff_reason(name: str) -> models.CheckConstraint:
    """The constraint of every record of work: it is voided exactly when there is a reason for it."""
    live = Q(voided_at__isnull=True, void_reason="")
    return models.CheckConstraint(condition=live | (Q(voided_at__isnull=False) & ~Q(void_reason="")), name=name)
