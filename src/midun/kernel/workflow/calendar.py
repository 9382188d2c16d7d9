"""Counting working days.

Rule (市场监督管理行政处罚程序规定 art. 80; Order 121 art. 45): the starting day is not counted; a period in calendar
days whose last day is a holiday ends on the next working day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import chinese_calendar
from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.models import CalendarDay, CalendarYear

_WEEKEND = 5
_FIRST_SEEDED = 2022


@dataclass(frozen=True)
class DueDate:
    """The last day of a period, and the years that were counted without a published calendar."""

    day: date
    unpublished: tuple[int, ...] = ()

    @property
    def warning(self) -> str:
        """A sentence for the page, empty when every year was published."""
        if not self.unpublished:
            return ""
        years = "、".join(str(y) for y in self.unpublished)
        return f"{years} 年节假日安排尚未公布，暂按周一至周五计算，公布后将自动重算"


class WorkCalendar:
    """The calendar as it stands; load once per use."""

    @cached_property
    def _special(self) -> dict[date, bool]:
        days = CalendarDay.objects.unscoped("public table").values_list("day", "is_working")
        return dict(days)

    @cached_property
    def _published(self) -> set[int]:
        return set(CalendarYear.objects.unscoped("public table").values_list("year", flat=True))

    def is_working(self, day: date) -> bool:
        """Whether offices work on `day`."""
        return self._special.get(day, day.weekday() < _WEEKEND)

    def add(self, start: date, working_days: int) -> DueDate:
        """The last day of a period of `working_days` that starts to run on `start` (itself not counted)."""
        day, left = start, working_days
        while left > 0:
            day += timedelta(days=1)
            left -= self.is_working(day)
        years = range(start.year, day.year + 1)
        return DueDate(day, tuple(y for y in years if y not in self._published))

    def between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative when `end` lies before."""
        if end < start:
            return -self.between(end, start)
        return sum(self.is_working(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


@transaction.atomic
def seed(*, actor: Actor, at: datetime) -> list[int]:
    """Enter the years the packaged calendar knows and the table lacks; returns the years entered."""
    known = range(_FIRST_SEEDED, max(chinese_calendar.holidays).year + 1)
    held = set(CalendarYear.objects.unscoped("seed").values_list("year", flat=True))
    entered = [year for year in known if year not in held]
    for year in entered:
        day = date(year, 1, 1)
        days = []
        while day.year == year:
            working = chinese_calendar.is_workday(day)
            if working != (day.weekday() < _WEEKEND):
                note = "调休上班" if working else "节假日"
                days.append(CalendarDay(day=day, is_working=working, note=note))
            day += timedelta(days=1)
        CalendarDay.objects.bulk_create(days, ignore_conflicts=True)
        CalendarYear.objects.create(year=year, source="国务院办公厅节假日安排（chinesecalendar 软件包）")
    if entered:
        record(actor=actor, verb=Verb.CALENDAR_CHANGED, target=None, at=at, after={"years": entered}, label="工作日历")
    return entered


@transaction.atomic
def set_day(*, day: date, is_working: bool | None, note: str, actor: Actor, at: datetime) -> None:
    """Say that offices work or rest on `day`; None returns the day to the rule Monday–Friday."""
    require(actor, Permission.MANAGE_SETTINGS)
    days = CalendarDay.objects.unscoped("edit calendar")
    old = days.filter(pk=day).values_list("is_working", flat=True).first()
    if is_working is None:
        days.filter(pk=day).delete()
    else:
        days.update_or_create(day=day, defaults={"is_working": is_working, "note": note})
    record(
        actor=actor,
        verb=Verb.CALENDAR_CHANGED,
        target=None,
        at=at,
        before={"day": str(day), "is_working": old},
        after={"day": str(day), "is_working": is_working, "note": note},
        label=f"工作日历 {day}",
    )


@transaction.atomic
def publish_year(*, year: int, source: str, actor: Actor, at: datetime) -> None:
    """Declare that the holidays of `year` are entered, so that the warning disappears."""
    require(actor, Permission.MANAGE_SETTINGS)
    CalendarYear.objects.unscoped("edit calendar").update_or_create(year=year, defaults={"source": source})
    record(
        actor=actor,
        verb=Verb.CALENDAR_CHANGED,
        target=None,
        at=at,
        after={"published": year},
        label=f"{year} 年节假日安排",
    )
