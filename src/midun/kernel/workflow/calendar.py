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
from midun.kernel.workflow.deadlines import recompute
from midun.kernel.workflow.models import CalendarDay, CalendarYear

_WEEKEND = 5
_FIRST_SEEDED = 2022
_MOST_DAYS = 31


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
        CalendarYear.objects.create(year=year, source="国务院办公厅节假日安排（随软件附带）")
    if entered:
        entry = record(
            actor=actor, verb=Verb.CALENDAR_CHANGED, target=None, at=at, after={"years": entered}, label="工作日历"
        )
        recompute(cause=f"calendar:{entry.seq}", at=at)
    return entered


class BadDays(Exception):
    """The days to set make no sense; `str()` is the sentence for the user."""


@transaction.atomic
def set_days(*, first: date, last: date, is_working: bool | None, note: str, actor: Actor, at: datetime) -> int:
    """Say that offices work or rest from `first` to `last`; None returns the days to the rule Monday–Friday.

    Open deadlines are counted again in the background. Returns how many days changed; no change writes nothing.
    Raises `Refused`, `BadDays`.
    """
    require(actor, Permission.MANAGE_SETTINGS)
    if last < first or (last - first).days >= _MOST_DAYS:
        raise BadDays(f"结束日期不能早于开始日期，一次最多 {_MOST_DAYS} 天")
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    days = CalendarDay.objects.unscoped("edit calendar")
    old = {day.day: (day.is_working, day.note) for day in days.filter(day__in=span)}
    new = {} if is_working is None else dict.fromkeys(span, (is_working, note))
    different = [day for day in span if old.get(day) != new.get(day)]
    if not different:
        return 0
    days.filter(day__in=different).delete()
    CalendarDay.objects.bulk_create(
        CalendarDay(day=day, is_working=new[day][0], note=new[day][1]) for day in different if day in new
    )
    label = f"工作日历 {first}" + (f" 至 {last}" if last > first else "")
    before = {str(day): _said(old.get(day)) for day in different}
    after = {str(day): _said(new.get(day)) for day in different}
    entry = record(actor=actor, verb=Verb.CALENDAR_CHANGED, target=None, at=at, before=before, after=after, label=label)
    recompute(cause=f"calendar:{entry.seq}", at=at)
    return len(different)


def _said(day: tuple[bool, str] | None) -> str:
    if day is None:
        return "按周一至周五"
    working, note = day
    return f"{'上班' if working else '休息'}{f'（{note}）' if note else ''}"


@transaction.atomic
def publish_year(*, year: int, source: str, actor: Actor, at: datetime) -> None:
    """Declare that the holidays of `year` are entered, so that the warning disappears. Raises `Refused`."""
    require(actor, Permission.MANAGE_SETTINGS)
    years = CalendarYear.objects.unscoped("edit calendar")
    old = years.filter(year=year).values_list("source", flat=True).first()
    if old == source:
        return
    years.update_or_create(year=year, defaults={"source": source})
    entry = record(
        actor=actor,
        verb=Verb.CALENDAR_CHANGED,
        target=None,
        at=at,
        before={"published": old or ""},
        after={"published": source},
        label=f"{year} 年节假日安排",
    )
    recompute(cause=f"calendar:{entry.seq}", at=at)
