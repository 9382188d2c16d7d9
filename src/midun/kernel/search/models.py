"""The index of what is published."""

from django.db import models

from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import PublicQuerySet


class SearchEntry(Scoped):
    """What a public record says. Everybody may read every row: nothing else is ever put in.

    The two columns of tokens are what the database's own full-text index is built over (migration 0002).
    """

    record_type = models.CharField("记录类型", max_length=80)
    record_id = models.BigIntegerField("记录编号")
    kind = models.CharField("栏目", max_length=20)
    title = models.CharField("标题", max_length=200)
    text = models.TextField("正文")
    unit = models.CharField("单位", max_length=120)
    day = models.DateField("日期", null=True)
    title_tokens = models.TextField("标题词元")
    text_tokens = models.TextField("正文词元")

    objects = PublicQuerySet.guarded()
    reachable = PublicQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "检索条目"
        verbose_name_plural = "检索条目"
        constraints = (models.UniqueConstraint(fields=("record_type", "record_id"), name="search_entry_once"),)

    def __str__(self) -> str:
        return self.title
