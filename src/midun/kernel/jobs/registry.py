"""The registry of jobs: plain functions, some of them on a schedule."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class JobKind:
    """A function that can be run in the background; `every` puts it on the schedule."""

    name: str
    run: Callable[..., None]
    every: timedelta | None = None


_KINDS: dict[str, JobKind] = {}


def job(name: str, *, every: timedelta | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register `run(*, at: datetime, **arguments)` under `name`. It must be safe to run twice."""

    def register(run: Callable[..., None]) -> Callable[..., None]:
        _KINDS[name] = JobKind(name, run, every)
        return run

    return register


def kinds() -> dict[str, JobKind]:
    """Every registered job by name."""
    return dict(_KINDS)
