"""Running jobs: claim under a lease, renew it while working, settle the outcome."""

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from midun.kernel.jobs.models import Job, JobQuerySet
from midun.kernel.jobs.registry import kinds
from midun.kernel.jobs.services import enqueue_scheduled, sign

LEASE = timedelta(minutes=5)
"""How long after the last renewal another worker may take a job: so long a killed worker's job waits."""

RENEWED_EVERY = timedelta(minutes=1)
MAX_ATTEMPTS = 8
_FIRST_DELAY = timedelta(seconds=30)
_KEPT = timedelta(days=30)
_ERROR = 4000
_log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def claim(*, at: datetime) -> Job | None:
    """Take the next due job under a lease; None when there is none. Two workers never take the same one.

    The update names the lease and attempt it saw, so of two workers one changes the row and the other changes none.
    A job that took every worker down with it is given up like one that failed too often.
    """
    for candidate in Job.objects.due(at)[:5]:
        mine = _still(candidate).filter(leased_until=candidate.leased_until)
        if candidate.attempts >= MAX_ATTEMPTS:
            mine.update(leased_until=None, failed_at=at, error=candidate.error or "执行该任务的进程多次被终止")
        elif mine.update(leased_until=at + LEASE, attempts=candidate.attempts + 1):
            candidate.refresh_from_db()
            return candidate
    return None


def _still(job: Job) -> JobQuerySet:
    """The job's row as long as nobody else has taken it: every claim raises `attempts`."""
    return Job.objects.filter(pk=job.pk, attempts=job.attempts, done_at=None, failed_at=None)


def run(job: Job, *, clock: Clock, worker: str = "") -> bool:
    """Run a claimed job; on an error it is put back with a growing delay and given up after `MAX_ATTEMPTS`."""
    with _renewing(job, clock=clock, worker=worker):
        error = _attempt(job, at=clock())
    now = clock()
    mine = _still(job)
    if not error:
        mine.update(done_at=now, leased_until=None, error="")
    elif job.attempts >= MAX_ATTEMPTS:
        mine.update(failed_at=now, leased_until=None, error=error)
    else:
        mine.update(run_at=now + _FIRST_DELAY * 2**job.attempts, leased_until=None, error=error)
    return not error


def _attempt(job: Job, *, at: datetime) -> str:
    try:
        kinds()[job.name].run(at=at, **job.arguments)
    except Exception:  # noqa: BLE001  # whatever the job raises is recorded; the worker goes on
        _log.exception("job %s failed (attempt %s)", job, job.attempts)
        return traceback.format_exc()[-_ERROR:]
    return ""


@contextmanager
def _renewing(job: Job, *, clock: Clock, worker: str) -> Iterator[None]:
    """While the body runs, a thread with a connection of its own renews the lease and signs for the worker."""
    finished = threading.Event()

    def renew() -> None:
        try:
            while not finished.wait(RENEWED_EVERY.total_seconds()):
                now = clock()
                try:
                    _still(job).update(leased_until=now + LEASE)
                    if worker:
                        sign(worker, at=now)
                except DatabaseError:
                    _log.warning("the lease of job %s could not be renewed; trying again", job)
        finally:
            connection.close()

    thread = threading.Thread(target=renew, name=f"lease-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()


def work_once(*, clock: Clock, worker: str = "", stopping: Callable[[], bool] = lambda: False) -> int:
    """Enqueue what the schedule asks for and run everything due, unless told to stop; returns how many jobs ran."""
    enqueue_scheduled(at=clock())
    Job.objects.filter(done_at__lt=clock() - _KEPT).delete()
    ran = 0
    while not stopping() and (job := claim(at=clock())) is not None:
        run(job, clock=clock, worker=worker)
        ran += 1
    return ran
