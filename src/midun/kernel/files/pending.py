"""Uploads between preview and confirmation: what was read is kept, nothing of it is entered yet."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models

from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import ScopedQuerySet

KEPT = timedelta(hours=24)
"""How long a preview may be looked at before it must be uploaded again."""


class PendingQuerySet(ScopedQuerySet):
    """Previews; subclasses say who sees them."""

    def expired(self, at: datetime) -> Self:
        """Neither confirmed nor of use any more."""
        return self.filter(confirmed_at__isnull=True, expires_at__lte=at)


class PendingUpload(Scoped):
    """What was read from an uploaded file. Each kind of import adds what was read and where it belongs.

    The content is kept, not the file: `digest` names the file that was read. A confirmed one keeps its outcome, so a
    second confirmation changes nothing and tells the outcome of the first.
    """

    source = models.CharField("来源", max_length=130)
    digest = models.CharField("SHA-256", max_length=64)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="上传人"
    )
    created_at = models.DateTimeField("上传时间")
    expires_at = models.DateTimeField("有效期至")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    outcome = models.JSONField("结果", default=dict, blank=True)

    class Meta(Scoped.Meta):
        abstract = True
