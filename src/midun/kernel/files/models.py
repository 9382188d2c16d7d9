"""The tables of blobs and attachments."""

from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import NOBODY, PublicQuerySet, ScopedQuerySet


class Blob(Scoped):
    """Bytes in the store."""

    digest = models.CharField("SHA-256", max_length=64, primary_key=True)
    size = models.BigIntegerField("字节数")
    mime = models.CharField("类型", max_length=100)

    objects = PublicQuerySet.guarded()
    reachable = PublicQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "文件内容"
        verbose_name_plural = "文件内容"

    def __str__(self) -> str:
        return self.digest[:12]


class AttachmentQuerySet(ScopedQuerySet):
    """Attachments are reached through their owner; there is no list of all."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:  # noqa: ARG003  # nobody, whoever asks
        """Nobody: use `Attachment.owner_visible_to`."""
        return NOBODY

    def of(self, owner: models.Model) -> Self:
        """The attachments that hang on `owner`, oldest first."""
        found = self._with_scope("reached through a fetched object")
        return found.filter(
            owner_type=owner._meta.label_lower, owner_id=owner.pk, removed_at__isnull=True
        ).select_related("blob")


class Attachment(Scoped):
    """A named file on a record (owner by type and id)."""

    class Kind(models.TextChoices):
        """What the file shows."""

        PHOTO = "photo", "照片"
        SIGN_IN_SHEET = "sign_in_sheet", "签到表"
        DOCUMENT = "document", "材料"
        SEALED_FORM = "sealed_form", "盖章扫描件"

    blob = models.ForeignKey(Blob, on_delete=models.RESTRICT, related_name="attachments", verbose_name="内容")
    owner_type = models.CharField("所属类型", max_length=80)
    owner_id = models.BigIntegerField("所属编号")
    kind = models.CharField("类别", max_length=20, choices=Kind, default=Kind.DOCUMENT)
    name = models.CharField("文件名", max_length=130)
    caption = models.CharField("说明", max_length=120, blank=True)
    in_report = models.BooleanField("用于总结报告", default=False)
    public = models.BooleanField("可公开", default=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="上传人"
    )
    uploaded_at = models.DateTimeField("上传时间")
    removed_at = models.DateTimeField("移除时间", null=True, blank=True)

    objects = AttachmentQuerySet.guarded()
    reachable = AttachmentQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "附件"
        verbose_name_plural = "附件"
        ordering = ("id",)
        indexes = (models.Index(fields=("owner_type", "owner_id"), name="attachment_owner"),)

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """Whether a thumbnail can be shown."""
        return self.blob.mime.startswith("image/")

    def owner_visible_to(self, actor: Actor) -> models.Model | None:
        """The owner if `actor` may see it, else None: a file is readable exactly when its owner is.

        An attachment marked public is also readable by everybody while its owner `is_public`.
        """
        owners: Any = apps.get_model(self.owner_type)
        owner: models.Model | None = owners.objects.visible_to(actor).filter(pk=self.owner_id).first()
        if owner is None and self.public:
            open_to_all = owners.objects.unscoped("an attachment marked public").filter(pk=self.owner_id).first()
            owner = open_to_all if getattr(open_to_all, "is_public", False) else None
        return owner
