"""The table of in-app notices."""

from typing import Self

from django.db import models
from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Membership, Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class NoticeQuerySet(ScopedQuerySet):
    """Everybody sees the notices of the membership they act in."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Own membership only."""
        return Q(membership_id=actor.membership_id) if actor.membership_id else NOBODY

    def unread(self) -> Self:
        """Not read yet."""
        return self.filter(read_at__isnull=True)


class Notice(Scoped):
    """One sentence to one person in one membership about one thing, with where to look."""

    class Kind(models.TextChoices):
        """What sort of notice."""

        TODO = "todo", "待办"
        RESULT = "result", "结果"
        REMINDER = "reminder", "提醒"
        ALERT = "alert", "告警"

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+", verbose_name="收件身份")
    kind = models.CharField("类型", max_length=10, choices=Kind)
    text = models.CharField("内容", max_length=300)
    url = models.CharField("链接", max_length=300, blank=True)
    key = models.CharField("去重键", max_length=120)
    sent_at = models.DateTimeField("时间", db_index=True)
    read_at = models.DateTimeField("已读时间", null=True, blank=True)

    objects = NoticeQuerySet.guarded()
    reachable = NoticeQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "通知"
        verbose_name_plural = "通知"
        ordering = ("-sent_at", "-id")
        constraints = (models.UniqueConstraint(fields=("membership", "key"), name="notice_once"),)

    def __str__(self) -> str:
        return self.text
