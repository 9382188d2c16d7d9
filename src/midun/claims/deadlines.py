"""How the deadline of a claim is shown: the day, what is due, and how many working days are left."""

from dataclasses import dataclass
from datetime import date

from midun.claims.models import Claim, ClaimState
from midun.claims.pledges import pledges
from midun.kernel.workflow.calendar import WorkCalendar


@dataclass(frozen=True)
class Deadline:
    """The next day of an open claim. `left` working days remain, negative once working days have passed since."""

    day: date
    left: int
    step: str
    is_overdue: bool

    @property
    def text(self) -> str:
        """What the badge says."""
        if self.is_overdue:
            return f"{self.step}逾期 {-self.left} 个工作日" if self.left else f"{self.step}已逾期"
        if self.left == 0:
            return f"今天应{self.step}"
        return f"{self.step}剩 {self.left} 个工作日"

    @property
    def colour(self) -> str:
        """Red when late, orange when reminders have begun, else green."""
        if self.is_overdue:
            return "red"
        return "orange" if self.left <= pledges().remind_ahead else "green"


def deadline_of(claim: Claim, today: date, calendar: WorkCalendar) -> Deadline | None:
    """The next deadline, None for a claim that came to an end."""
    if not claim.is_open:
        return None
    day = claim.next_due
    step = "受理" if claim.state == ClaimState.REGISTERED else "办结"
    return Deadline(day, calendar.between(today, day), step, day < today)
