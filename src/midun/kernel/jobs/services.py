"""Enqueuing and running jobs."""

import logging
import traceback
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from midun.kernel.jobs.models import Job
from midun.kernel.jobs.registry import kinds

LEASE = timedelta(minutes=10)
"""How long a worker may hold a job before another may take it; a job must finish or be idempotent."""

MAX_ATTEMPTS = 8
_KEPT = timedelta(days=30)
_ERROR = 4000
_log = logging.getLogger(__name__)


class UnknownJob(Exception):
    """No job of that name is registered (a programmer's mistake)."""


def enqueue(name: str, *, key: str, at: datetime, **arguments: object) -> bool:
    """Put a job into the queue within the caller's transaction; False when its `key` was there already."""
    if name not in kinds():
        raise UnknownJob(name)
    try:
        with transaction.atomic():
            Job.objects.create(name=name, key=key, arguments=arguments, run_at=at)
    except IntegrityError:
        return False
    return True


def enqueue_scheduled(*, at: datetime) -> int:
    """Enqueue the current occurrence of every scheduled job; returns how many were new."""
    new = 0
    for kind in kinds().values():
        if kind.every is not None:
            occurrence = int(at.timestamp() // kind.every.total_seconds())
            new += enqueue(kind.name, key=f"{kind.name}@{occurrence}", at=at)
    return new


def claim(*, at: datetime) -> Job | None:
    """Take the next due job under a lease; None when there is none. Two workers never take the same one."""
    for candidate in Job.objects.due(at)[:5]:
        mine = Job.objects.filter(pk=candidate.pk, leased_until=candidate.leased_until, done_at=None, failed_at=None)
        if mine.update(leased_until=at + LEASE, attempts=candidate.attempts + 1):
            candidate.refresh_from_db()
            return candidate
    return None


def run(job: Job, *, at: datetime) -> bool:
    """Run a claimed job; on an error it is put back with a growing delay and given up after `MAX_ATTEMPTS`."""
    try:
        kinds()[job.name].run(at=at, **job.arguments)
    except Exception:  # noqa: BLE001  # whatever the job raises is recorded; the worker goes on
        _log.exception("job %s failed (attempt %s)", job, job.attempts)
        given_up = timezone.now() if job.attempts >= MAX_ATTEMPTS else None
        Job.objects.filter(pk=job.pk).update(
            leased_until=None,
            failed_at=given_up,
            error=traceback.format_exc()[-_ERROR:],
            run_at=at + timedelta(seconds=30 * 2**job.attempts),
        )
        return False
    Job.objects.filter(pk=job.pk).update(done_at=timezone.now(), leased_until=None, error="")
    return True


def work_once(*, at: datetime) -> int:
    """Enqueue what the schedule asks for and run everything due; returns how many jobs ran."""
    enqueue_scheduled(at=at)
    Job.objects.filter(done_at__lt=at - _KEPT).delete()
    ran = 0
    while (job := claim(at=at)) is not None:
        run(job, at=at)
        ran += 1
    return ran
