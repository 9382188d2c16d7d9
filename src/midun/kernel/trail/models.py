"""The table of the trail."""

from typing import Any, NoReturn

from django.db import models

from midun.kernel.trail import chain
from midun.kernel.trail.verbs import Verb


class AppendOnly(Exception):
    """Somebody tried to change or delete an entry through the ORM."""


class EntryQuerySet(models.QuerySet["Entry"]):
    """Reading the trail."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refused: entries are never changed."""
        raise AppendOnly("留痕只能追加，不能修改")

    def delete(self) -> NoReturn:
        """Refused: entries are never deleted."""
        raise AppendOnly("留痕只能追加，不能删除")

    def about(self, target: models.Model) -> "EntryQuerySet":
        """Entries on one object, oldest first."""
        return self.filter(target_type=target._meta.label_lower, target_id=str(target.pk)).order_by("seq")


class Entry(models.Model):
    """One act: who, in which membership, when, what, on what, before and after, why."""

    seq = models.BigIntegerField("序号", primary_key=True)
    at = models.DateTimeField("时间", db_index=True)
    user_id = models.BigIntegerField("用户编号", null=True, db_index=True)
    user_name = models.CharField("操作人", max_length=80, blank=True)
    membership_id = models.BigIntegerField("身份编号", null=True)
    role = models.CharField("角色", max_length=32, blank=True)
    organisation = models.CharField("单位", max_length=200, blank=True)
    path = models.CharField("辖区路径", max_length=200, blank=True, db_index=True)
    verb = models.CharField("行为", max_length=32, choices=Verb, db_index=True)
    target_type = models.CharField("对象类型", max_length=80, blank=True)
    target_id = models.CharField("对象编号", max_length=64, blank=True)
    target_label = models.CharField("对象", max_length=300, blank=True)
    before = models.TextField("变更前", blank=True)
    after = models.TextField("变更后", blank=True)
    reason = models.TextField("理由", blank=True)
    previous = models.CharField("上一条摘要", max_length=64)
    digest = models.CharField("摘要", max_length=64, unique=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = "留痕"
        verbose_name_plural = "留痕"
        ordering = ("seq",)
        indexes = (
            models.Index(fields=("target_type", "target_id"), name="trail_target"),
            models.Index(fields=("membership_id", "-seq"), name="trail_membership"),
        )

    def __str__(self) -> str:
        return f"#{self.seq} {self.get_verb_display()} {self.target_label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only; a second save of the same entry is refused."""
        if not self._state.adding:
            raise AppendOnly("留痕只能追加，不能修改")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: entries are never deleted."""
        raise AppendOnly("留痕只能追加，不能删除")

    def hashed_fields(self) -> dict[str, object]:
        """The fields of this entry in the form in which they are hashed."""
        fields: dict[str, object] = {name: getattr(self, name) for name in chain.FIELDS}
        fields["at"] = chain.instant(self.at)
        return fields
