"""研发过程: deposits over a secret's life, grouped."""

from midun.evidence.models.scopes import OwnQuerySet
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import OwnProject


class Project(OwnProject):
    """A course of development whose states an enterprise deposits again and again."""

    right = Permission.DEPOSIT
    most = 2_000

    objects = OwnQuerySet.guarded()
    reachable = OwnQuerySet.reachable()

    class Meta(OwnProject.Meta):
        verbose_name = "研发过程"
        verbose_name_plural = "研发过程"
