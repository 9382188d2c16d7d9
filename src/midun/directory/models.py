"""The table of the directory's own: enterprises read from a file, before they are entered."""

from django.db import models
from django.db.models import Q

from midun.kernel.files.pending import PendingQuerySet, PendingUpload
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.scoping import NOBODY


class EnterpriseImportQuerySet(PendingQuerySet):
    """Who sees which previews."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """The uploader's colleagues who may keep the directory."""
        return Q(unit_id=actor.organisation_id) if actor.may(Permission.MANAGE_ENTERPRISES) else NOBODY


class EnterpriseImport(PendingUpload):
    """Rows of a table of enterprises as they were read; checked anew whenever they are looked at.

    `table` is `{"name", "header", "rows": [[number, [cells…]], …]}`.
    """

    unit = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", verbose_name="单位")
    table = models.JSONField("读出的内容")

    objects = EnterpriseImportQuerySet.guarded()
    reachable = EnterpriseImportQuerySet.reachable()

    class Meta(PendingUpload.Meta):
        abstract = False
        verbose_name = "待确认的企业导入"
        verbose_name_plural = "待确认的企业导入"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.source} → {self.unit}"
