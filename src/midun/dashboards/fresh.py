"""Numbers that many screens ask for again and again: counted once per few seconds, by one of them, for all."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.core.cache import cache

T = TypeVar("T")
_KEPT = 3600
_BUSY = 30


def fresh(key: str, make: Callable[[], T], *, seconds: int, at: datetime) -> tuple[T, datetime]:
    """The value of `make` for `key`, at most about `seconds` old, and when it was made.

    When it is too old, the first who asks makes it anew; whoever asks meanwhile gets the last one at once, so that a
    hundred screens cost as much as one.
    """
    held: tuple[T, datetime] | None = cache.get(key)
    if held is not None and (at - held[1]).total_seconds() < seconds:
        return held
    if held is not None and not cache.add(f"{key}:busy", 1, _BUSY):
        return held
    made: tuple[T, datetime] = (make(), at)
    cache.set(key, made, _KEPT)
    cache.delete(f"{key}:busy")
    return made
