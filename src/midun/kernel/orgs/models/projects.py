"""What an enterprise groups under a name of its own choice: 研发过程, 比对项目."""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models.base import Scoped
from midun.kernel.orgs.models.organisations import Organisation


class OwnProject(Scoped):
    """A named group of an enterprise's own records.

    The title is what the enterprise chose to show itself; the platform can read it, bureaus do not: the name under
    which it stands in the trail, which auditors of bureaus read, is its number. Subclasses declare their query sets,
    the `right` it takes to begin or rename one, and how many an enterprise may have at `most`.
    """

    right: ClassVar[Permission]
    most: ClassVar[int]
    if TYPE_CHECKING:  # each declares its own, built at run time
        objects: Any

    uuid = models.UUIDField("编号", default=uuid.uuid4, unique=True, editable=False)
    enterprise = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="企业")
    title = models.CharField("名称", max_length=80)
    created_at = models.DateTimeField("建立时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="建立人"
    )
    version = models.PositiveIntegerField("版本", default=1)

    class Meta(Scoped.Meta):
        abstract = True
        ordering = ("-created_at", "-pk")
        constraints = (
            models.CheckConstraint(condition=~Q(title=""), name="%(app_label)s_%(class)s_titled"),
            models.UniqueConstraint(fields=("enterprise", "title"), name="%(app_label)s_%(class)s_title_once"),
        )

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {str(self.uuid)[:8]}"
