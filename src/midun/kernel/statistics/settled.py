"""Who wants to know when a form is settled: apps above register, statistics knows none of them."""

from collections.abc import Callable
from datetime import datetime

from midun.kernel.statistics.models import FormSnapshot

Told = Callable[[FormSnapshot, datetime], None]
_WHO: list[Told] = []


def when_settled(told: Told) -> Told:
    """Register a function that is called, inside the transaction, with each accepted or frozen snapshot."""
    _WHO.append(told)
    return told


def tell(snapshot: FormSnapshot, at: datetime) -> None:
    """Call everybody who registered."""
    for told in _WHO:
        told(snapshot, at)
