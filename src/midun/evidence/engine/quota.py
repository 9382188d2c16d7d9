"""How much a tenant may deposit: per day exactly, per minute with a bucket that fills up steadily."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.timezone import localtime

from midun.evidence.engine.index import Account, used_on
from midun.lib.exchange import Status

_MINUTE = 60.0


@dataclass(slots=True)
class _Meter:
    """What one tenant used."""

    day: date
    used: int
    level: float
    filled_at: float


class Quotas:
    """Meters of all tenants, exact because only one process counts. Not for use by several threads at once."""

    def __init__(self) -> None:
        self._meters: dict[int, _Meter] = {}

    def refuse(
        self, tenant: int, account: Account, entries: int, *, at: datetime, day: date, clock: float
    ) -> tuple[Status, int] | None:
        """None if `entries` more are allowed, else why not and after how many seconds to come again.

        `at` is the moment and `day` its day, `clock` seconds of a monotonic clock (for the minute).
        """
        meter = self._meter(tenant, account, day, clock)
        if meter.used + entries > account.per_day:
            return Status.OVER_DAY, _seconds_to_midnight(at)
        if entries > account.per_minute or meter.level < entries:
            missing = min(entries, account.per_minute) - meter.level
            return Status.OVER_MINUTE, max(1, math.ceil(missing * _MINUTE / max(1, account.per_minute)))
        return None

    def take_some(
        self, tenant: int, account: Account, entries: int, *, at: datetime, day: date, clock: float
    ) -> tuple[int, tuple[Status, int] | None]:
        """Count as many of `entries` single ones as are allowed; gives how many, and why not all, as `refuse` does."""
        meter = self._meter(tenant, account, day, clock)
        allowed = max(0, min(entries, account.per_day - meter.used, int(meter.level)))
        self.take(tenant, allowed)
        refusal = self.refuse(tenant, account, 1, at=at, day=day, clock=clock) if allowed < entries else None
        return allowed, refusal

    def take(self, tenant: int, entries: int) -> None:
        """Count entries that `refuse` allowed."""
        meter = self._meters[tenant]
        meter.used += entries
        meter.level -= entries

    def _meter(self, tenant: int, account: Account, day: date, clock: float) -> _Meter:
        meter = self._meters.get(tenant)
        if meter is None:
            meter = self._meters[tenant] = _Meter(day, used_on(tenant, day), account.per_minute, clock)
        if meter.day != day:
            meter.day, meter.used = day, used_on(tenant, day)
        gained = max(0.0, clock - meter.filled_at) * account.per_minute / _MINUTE
        meter.level, meter.filled_at = min(float(account.per_minute), meter.level + gained), clock
        return meter


def _seconds_to_midnight(at: datetime) -> int:
    now = localtime(at)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1, math.ceil((midnight - now).total_seconds()))
