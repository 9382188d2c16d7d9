"""Seconds of a call: the median of several after one that warms up."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import TypeVar

from django.db import connection
from django.test.utils import CaptureQueriesContext

T = TypeVar("T")


def timed(call: Callable[[], T], rounds: int) -> tuple[T, float]:
    """What the call gives and the median of its seconds."""
    given = call()
    seconds = []
    for _ in range(rounds):
        start = perf_counter()
        call()
        seconds.append(perf_counter() - start)
    return given, median(seconds)


def queries(call: Callable[[], object]) -> int:
    """How many queries a call asks."""
    with CaptureQueriesContext(connection) as asked:
        call()
    return len(asked)
