"""An annex between preview and confirmation, and the names of units that officers matched by hand."""

from django.db import models
from django.db.models import Q

from midun.campaigns.models.campaign import Campaign
from midun.kernel.files.pending import PendingQuerySet, PendingUpload
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation, Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class PendingImportQuerySet(PendingQuerySet):
    """Who sees which previews."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Those of the organiser's own people."""
        if not actor.works_for_authority:
            return NOBODY
        return Q(campaign__organiser_id=actor.organisation_id)


class PendingImport(PendingUpload):
    """What was read from an uploaded annex. Nothing of it is in the plan before `confirmed_at`.

    `decisions` says for each unknown unit name what the officer chose.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", verbose_name="服务月")
    annex = models.JSONField("读出的内容")
    decisions = models.JSONField("单位匹配", default=dict, blank=True)
    as_pending = models.BooleanField("作为待审核导入", default=False)

    objects = PendingImportQuerySet.guarded()
    reachable = PendingImportQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "待确认导入"
        verbose_name_plural = "待确认导入"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.source} → {self.campaign}"


class UnitAliasQuerySet(ScopedQuerySet):
    """Who sees the matched names."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """The organiser that matched them."""
        return Q(organiser_id=actor.organisation_id) if actor.works_for_authority else NOBODY


class UnitAlias(Scoped):
    """A name under which an organiser's annexes call a unit, learned when an officer matched it."""

    organiser = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", verbose_name="组织单位")
    name = models.CharField("写法", max_length=60)
    unit = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", verbose_name="单位")

    objects = UnitAliasQuerySet.guarded()
    reachable = UnitAliasQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "单位写法"
        verbose_name_plural = "单位写法"
        constraints = (models.UniqueConstraint(fields=("organiser", "name"), name="unit_alias_once"),)

    def __str__(self) -> str:
        return f"{self.name} → {self.unit}"
