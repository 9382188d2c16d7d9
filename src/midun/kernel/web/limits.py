"""How often something public may be tried from one address."""

from datetime import datetime

from django.core.cache import cache


def allowed(what: str, who: str, *, most: int, seconds: int, at: datetime) -> bool:
    """Count one try of `what` by `who`; False once there were more than `most` in this window of `seconds`.

    Windows are fixed (they begin at multiples of `seconds`) and counted in the cache, which the workers of one machine
    share. Two tries at the very same moment may count as one: this keeps scripts out, it is no lock.
    """
    window = int(at.timestamp()) // seconds
    key = f"limit:{what}:{who}:{window}"
    tries = int(cache.get(key, 0)) + 1
    cache.set(key, tries, seconds)
    return tries <= most
