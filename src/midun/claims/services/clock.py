"""The deadlines of a claim: promised working days, counted on the calendar as it stands."""

from dataclasses import dataclass
from datetime import date

from midun.claims.models import Urgency
from midun.claims.pledges import pledges
from midun.kernel.workflow.calendar import WorkCalendar


@dataclass(frozen=True)
class Clock:
    """From which day, how many working days were promised, and which days that comes to."""

    clock_from: date
    accept_days: int
    handle_days: int
    accept_by: date
    due_on: date
    warning: str = ""

    def fields(self) -> dict[str, date | int]:
        """As fields of a claim."""
        return {
            "clock_from": self.clock_from,
            "accept_days": self.accept_days,
            "handle_days": self.handle_days,
            "accept_by": self.accept_by,
            "due_on": self.due_on,
        }


def count(start: date, accept_days: int, handle_days: int, calendar: WorkCalendar) -> Clock:
    """The deadlines of days promised earlier, e.g. after the calendar changed. The starting day is not counted."""
    accept_by = calendar.add(start, accept_days)
    due_on = calendar.add(start, handle_days)
    return Clock(start, accept_days, handle_days, accept_by.day, due_on.day, due_on.warning)


def clock_for(start: date, urgency: str) -> Clock:
    """What is promised for a claim whose clock starts on `start`."""
    limit = pledges().limits[Urgency(urgency)]
    return count(start, limit.accept, limit.handle, WorkCalendar())
