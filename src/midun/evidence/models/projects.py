"""研发过程: deposits over a secret's life, grouped."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.evidence.models.scopes import OwnQuerySet
from midun.kernel.orgs.models import Organisation, Scoped


class Project(Scoped):
    """A course of development whose states an enterprise deposits again and again.

    The title is what the enterprise chose to show itself; the platform can read it.
    """

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    enterprise = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="企业")
    title = models.CharField("名称", max_length=80)
    created_at = models.DateTimeField("建立时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="建立人"
    )
    version = models.PositiveIntegerField("版本", default=1)

    objects = OwnQuerySet.guarded()
    reachable = OwnQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "研发过程"
        verbose_name_plural = "研发过程"
        ordering = ("-created_at", "-pk")
        constraints = (models.CheckConstraint(condition=~Q(title=""), name="evidence_project_titled"),)

    def __str__(self) -> str:
        return self.title
