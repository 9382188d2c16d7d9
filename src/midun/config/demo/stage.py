"""What the builders of the demonstration share: the clock, the dice, the units and who acts for them."""

import heapq
import itertools
import random
from collections.abc import Callable
from datetime import date, datetime, time

from django.contrib.auth.hashers import make_password
from django.utils.timezone import make_aware

from midun.kernel.orgs import uscc
from midun.kernel.orgs.actor import Actor, system_actor
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Membership, Organisation

PASSWORD = "Midun-Demo-2026"  # noqa: S105  # printed on purpose: a demonstration without secrets


class Stage:
    """Units by a short key ("city", "浦东新", "station" …), memberships by user name, and acts waiting for their hour.

    Acts are carried out in the order of their time, so that the trail reads as if people had worked all along.
    `now` is the moment the demonstration is built: nothing happens after it.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.opened = on(date(2025, 5, 6), 9)
        self._order = itertools.count()
        self._waiting: list[tuple[datetime, int, Callable[[datetime], object]]] = []
        self.founder = system_actor("演示环境")
        self.dice = random.Random(20250601)  # noqa: S311  # sample data, the same every time
        self.password = make_password(PASSWORD)  # once: hashing is slow on purpose, and everybody has the same here
        self.units: dict[str, Organisation] = {}
        self.members: dict[str, Membership] = {}

    def later(self, at: datetime, act: Callable[[datetime], object]) -> None:
        """Have `act(at)` done when its time comes; what would lie after `now` is done at `now`."""
        heapq.heappush(self._waiting, (min(at, self.now), next(self._order), act))

    def run(self) -> None:
        """Carry out everything that waits, and what it adds while it runs."""
        while self._waiting:
            at, _, act = heapq.heappop(self._waiting)
            act(at)

    def officer(self, unit: Organisation) -> Actor:
        """The officer of a unit."""
        return next(m.actor() for m in self.members.values() if m.organisation_id == unit.pk and m.role == Role.OFFICER)

    def actor(self, username: str) -> Actor:
        """A person, in the first role given to the login."""
        return self.members[username].actor()


def on(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of a day, in the time zone of the platform."""
    return make_aware(datetime.combine(day, time(hour, minute)))


def code_of(number: int) -> str:
    """A credit code with right check digits that no register gave out (region 310000, made-up body)."""
    body = f"MA9{number:05d}"
    seventeen = "91310000" + body + uscc.organisation_check(body)
    return seventeen + uscc.check(seventeen)
