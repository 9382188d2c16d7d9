"""Photos, sign-in sheets and papers of an event."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from midun.activities.models import Activity
from midun.activities.services.own import Voided, locked, require_own
from midun.kernel.files.kinds import IMAGES, sniff
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach, remove
from midun.kernel.orgs.actor import Actor
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb

Files = Sequence[tuple[str, bytes]]


@transaction.atomic
def add_files(
    activity: Activity, *, files: Files, actor: Actor, at: datetime, kind: Attachment.Kind | None = None
) -> None:
    """Hang files on an event; without `kind` pictures are photos and everything else papers. Raises `BadUpload`."""
    require_own(activity, actor)
    if locked(activity).voided_at is not None:
        raise Voided
    for name, data in files:
        guessed = Attachment.Kind.PHOTO if sniff(data) in IMAGES else Attachment.Kind.DOCUMENT
        attach(owner=activity, data=data, name=name, kind=kind or guessed, actor=actor, at=at)


@transaction.atomic
def remove_file(activity: Activity, *, attachment: Attachment, reason: str, actor: Actor, at: datetime) -> None:
    """Take a file off an event with a reason."""
    require_own(activity, actor)
    remove(attachment=attachment, owner=activity, actor=actor, at=at, reason=reason)


@transaction.atomic
def use_file(
    activity: Activity, *, attachment: Attachment, public: bool, in_report: bool, actor: Actor, at: datetime
) -> None:
    """Say whether a file may go onto the portal with the event, and whether it is meant for the summary report."""
    require_own(activity, actor)
    old = snapshot(attachment, "public", "in_report")
    attachment.public, attachment.in_report = public, in_report
    before, after = changed(old, snapshot(attachment, "public", "in_report"))
    if not after:
        return
    attachment.save(update_fields=["public", "in_report"])
    record(actor=actor, verb=Verb.CHANGED, target=activity, at=at, before=before, after=after, label=attachment.name)
