"""Saved views of lists."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class SavedViewQuerySet(ScopedQuerySet):
    """Everybody sees their own."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Own views only."""
        return Q(user_id=actor.user_id) if actor.user_id else NOBODY


class SavedView(Scoped):
    """A filter and sort of a list, kept under a name; one per list may be what the list opens with."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name="用户")
    page = models.CharField("页面", max_length=60)
    path = models.CharField("地址", max_length=200)
    title = models.CharField("列表", max_length=60)
    name = models.CharField("名称", max_length=30)
    query = models.CharField("筛选条件", max_length=1000)
    is_default = models.BooleanField("默认打开", default=False)

    objects = SavedViewQuerySet.guarded()
    reachable = SavedViewQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "常用筛选"
        verbose_name_plural = "常用筛选"
        ordering = ("page", "name")
        constraints = (
            models.UniqueConstraint(fields=("user", "page", "name"), name="saved_view_once"),
            models.UniqueConstraint(
                fields=("user", "page"), condition=Q(is_default=True), name="saved_view_one_default"
            ),
        )

    def __str__(self) -> str:
        return self.name
