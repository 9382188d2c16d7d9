"""A form that is accepted or frozen: its digest is to be deposited, declared in the same transaction."""

from datetime import datetime

from midun.evidence.services.platform import Subject, declare
from midun.kernel.statistics.models import FormSnapshot
from midun.kernel.statistics.settled import when_settled


@when_settled
def form_settled(snapshot: FormSnapshot, at: datetime) -> None:
    """Declare the digest of the snapshot; a job deposits it within minutes."""
    text = f"midun-form-digest/1\nform {snapshot.form_id}\nsnapshot {snapshot.pk}\nsha256 {snapshot.digest}\n"
    declare(Subject.FORM, str(snapshot.pk), text, at=at)
