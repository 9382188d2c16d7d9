"""Regular work of the log's service: its own deposits, the daily publication, old requests forgotten."""

from datetime import datetime, timedelta

from midun.evidence.models import DepositRequest
from midun.evidence.services.checkpoints import publish
from midun.evidence.services.logs import open_log
from midun.evidence.services.platform import Subject, declare, hand_in, trail_text
from midun.kernel.jobs.registry import job
from midun.kernel.trail.services import head

_KEPT = timedelta(hours=24)


@job("evidence.trail_head", every=timedelta(days=1))
def trail_head(*, at: datetime) -> None:
    """Declare the head of the trail, if there is a log to take it and the head is a new one."""
    seq, digest = head()
    if open_log() is not None and seq:
        declare(Subject.TRAIL, str(seq), trail_text(seq, digest), at=at)
        hand_in()


@job("evidence.platform", every=timedelta(minutes=5))
def platform(*, at: datetime) -> None:  # noqa: ARG001  # every job is told the time
    """Deposit what was declared. Fails, and is tried again, while nobody appends."""
    hand_in()


@job("evidence.publish", every=timedelta(hours=1))
def daily_checkpoint(*, at: datetime) -> None:
    """Publish the day's checkpoint, at the first run of the day."""
    log = open_log()
    if log is not None:
        publish(log, at=at)


@job("evidence.forget_requests", every=timedelta(hours=1))
def forget_requests(*, at: datetime) -> None:
    """Idempotency keys are kept for a day; duplicates are recognised by the commitment for ever."""
    DepositRequest.objects.unscoped("old idempotency keys").filter(at__lt=at - _KEPT).delete()
