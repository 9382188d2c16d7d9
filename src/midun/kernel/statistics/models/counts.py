"""Numbers of big subtrees, kept beside the records they were counted from."""

from django.db import models
from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Jurisdiction, Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class DayCountQuerySet(ScopedQuerySet):
    """Who sees which counts."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Authority and station roles: those of their subtree."""
        if actor.works_for_authority and actor.path:
            return Q(node__path__startswith=actor.path)
        return NOBODY


class DayCount(Scoped):
    """How much of `series` there was in the subtree of `node` on `day` (docs/adr/0006).

    Where different values are counted, `before` is the last earlier day on which the same value occurred there; it is
    the first of all days where there was none, and wherever every record counts.
    """

    node = models.ForeignKey(Jurisdiction, on_delete=models.RESTRICT, related_name="+", db_index=False)
    series = models.CharField("系列", max_length=60)
    day = models.DateField("日期")
    before = models.DateField("上次日期")
    number = models.BigIntegerField("数量")

    objects = DayCountQuerySet.guarded()
    reachable = DayCountQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "按日计数"
        verbose_name_plural = "按日计数"
        constraints = (models.UniqueConstraint(fields=("node", "series", "day", "before"), name="day_count_once"),)

    def __str__(self) -> str:
        return f"{self.series} {self.day}：{self.number}"
