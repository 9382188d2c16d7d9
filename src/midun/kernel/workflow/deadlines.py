"""What must be counted again when the calendar changes: each app names the job that does it for its open matters."""

from datetime import datetime

from midun.kernel.jobs.services import enqueue

_JOBS: list[str] = []


def recomputed_by(job: str) -> None:
    """Let the job of that name run whenever the calendar changed. It takes only `at` and may run twice."""
    if job not in _JOBS:
        _JOBS.append(job)


def recompute(*, cause: str, at: datetime) -> int:
    """Put the jobs into the queue, once per `cause`, in the caller's transaction; returns how many."""
    return sum(enqueue(job, key=f"{job}!{cause}"[:120], at=at) for job in _JOBS)
