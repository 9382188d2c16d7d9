"""Checkpoints that are kept: recorded for witnesses and time-stamps, and published once a day."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from midun.evidence.engine.place import Place
from midun.evidence.models import CheckpointRecord, Log
from midun.evidence.monitor import keys_of
from midun.lib.tlog.note import open_checkpoint


@transaction.atomic
def record_newest(log: Log, *, at: datetime) -> CheckpointRecord | None:
    """Keep the newest published checkpoint, verified; the record that is there already if the log has not grown.

    None before the first checkpoint. Raises `Refused` for a checkpoint our own keys did not sign.
    """
    note = Place.of(log.number).checkpoint()
    if note is None:
        return None
    head = open_checkpoint(note, keys_of(log)).checkpoint
    rows = CheckpointRecord.objects.unscoped("what the log publishes")
    found: CheckpointRecord = rows.get_or_create(
        log=log, size=head.size, defaults={"root": head.root, "note": note, "recorded_at": at}
    )[0]
    return found


@transaction.atomic
def publish(log: Log, *, at: datetime) -> CheckpointRecord | None:
    """Make the newest checkpoint the publication of the day (of Shanghai), once; None before the first checkpoint.

    A log that has not grown since an earlier day's publication is not published twice.
    """
    today = localdate(at)
    rows = CheckpointRecord.objects.unscoped("what the log publishes")
    if rows.filter(published_on=today).exists():
        return None
    record = record_newest(log, at=at)
    if record is None or record.published_on is not None:
        return None
    record.published_on = today
    record.save(update_fields=["published_on"])
    return record


def latest_publication() -> CheckpointRecord | None:
    """The newest daily publication."""
    rows = CheckpointRecord.objects.unscoped("what the log publishes").filter(published_on__isnull=False)
    found: CheckpointRecord | None = rows.order_by("-published_on").first()
    return found
