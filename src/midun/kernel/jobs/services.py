"""Enqueuing jobs, and the life of workers as others see it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from midun.kernel.jobs.models import Job, Worker
from midun.kernel.jobs.registry import kinds

SILENT = timedelta(minutes=2)
"""A worker not seen for so long is taken for dead."""

LATE = timedelta(minutes=10)
"""A job still waiting so long after its time shows that nobody works, or not fast enough."""


class UnknownJob(Exception):
    """No job of that name is registered (a programmer's mistake)."""


def enqueue(name: str, *, key: str, at: datetime, **arguments: object) -> bool:
    """Put a job into the queue within the caller's transaction; False when its `key` was there already."""
    if name not in kinds():
        raise UnknownJob(name)
    if Job.objects.filter(key=key).exists():
        return False
    try:
        with transaction.atomic():
            Job.objects.create(name=name, key=key, arguments=arguments, run_at=at)
    except IntegrityError:
        return False  # another process was faster by a hair
    return True


def enqueue_scheduled(*, at: datetime) -> int:
    """Enqueue the current occurrence of every scheduled job; returns how many were new."""
    due = {}
    for kind in kinds().values():
        if kind.every is not None:
            occurrence = int(at.timestamp() // kind.every.total_seconds())
            due[f"{kind.name}@{occurrence}"] = kind.name
    held = set(Job.objects.filter(key__in=due).values_list("key", flat=True))
    return sum(enqueue(name, key=key, at=at) for key, name in due.items() if key not in held)


def sign(worker: str, *, at: datetime) -> None:
    """A worker says that it is alive; workers silent for a day are forgotten."""
    Worker.objects.update_or_create(name=worker, defaults={"seen_at": at}, create_defaults=_born(at))
    Worker.objects.filter(seen_at__lt=at - timedelta(days=1)).delete()


def _born(at: datetime) -> dict[str, datetime]:
    return {"seen_at": at, "started_at": at}


def leave(worker: str) -> None:
    """A worker ends as it was told to."""
    Worker.objects.filter(name=worker).delete()


@dataclass(frozen=True)
class State:
    """How background work is doing: live workers, jobs late, jobs given up within the last week."""

    workers: int
    late: int
    given_up: int


def state(*, at: datetime) -> State:
    """How background work is doing, for the health check."""
    return State(
        workers=Worker.objects.filter(seen_at__gt=at - SILENT).count(),
        late=Job.objects.due(at).filter(run_at__lte=at - LATE).count(),
        given_up=Job.objects.filter(failed_at__gt=at - timedelta(days=7)).count(),
    )
