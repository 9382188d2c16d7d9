"""Attaching files to records and taking them off."""

from collections.abc import Sequence
from datetime import datetime

from django.db import models, transaction

from midun.kernel.files import store
from midun.kernel.files.kinds import IMAGES, accept, safe_name, sniff
from midun.kernel.files.models import Attachment, Blob
from midun.kernel.orgs.actor import Actor
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


@transaction.atomic
def attach(
    *,
    owner: models.Model,
    data: bytes,
    name: str,
    kind: Attachment.Kind,
    actor: Actor,
    at: datetime,
    caption: str = "",
) -> Attachment:
    """Check `data` by content, store it and hang it on `owner`; pictures lose their metadata.

    Raises `kinds.BadUpload`; the right is the caller's.
    """
    found, data = accept(data)
    digest = store.put(data)
    blob, _ = Blob.objects.unscoped("content-addressed").get_or_create(
        digest=digest, defaults={"size": len(data), "mime": found.mime}
    )
    attachment: Attachment = Attachment.objects.create(
        blob=blob,
        owner_type=owner._meta.label_lower,
        owner_id=owner.pk,
        kind=kind,
        name=safe_name(name, found),
        caption=caption,
        uploaded_by_id=actor.user_id,
        uploaded_at=at,
    )
    after = {"name": attachment.name, "sha256": digest, "size": len(data)}
    record(actor=actor, verb=Verb.ATTACHED, target=owner, at=at, after=after)
    return attachment


@transaction.atomic
def attach_all(*, owner: models.Model, files: Sequence[tuple[str, bytes]], actor: Actor, at: datetime) -> None:
    """Hang `(name, bytes)` files on `owner`: pictures as photos, everything else as documents."""
    for name, data in files:
        kind = Attachment.Kind.PHOTO if sniff(data) in IMAGES else Attachment.Kind.DOCUMENT
        attach(owner=owner, data=data, name=name, kind=kind, actor=actor, at=at)


@transaction.atomic
def remove(*, attachment: Attachment, owner: models.Model, actor: Actor, at: datetime, reason: str) -> None:
    """Take a file off its record. The bytes and the row stay, so that the trail can still name them."""
    attachment.removed_at = at
    attachment.save(update_fields=["removed_at"])
    before = {"name": attachment.name, "sha256": attachment.blob_id}
    record(actor=actor, verb=Verb.ATTACHMENT_REMOVED, target=owner, at=at, before=before, reason=reason)
