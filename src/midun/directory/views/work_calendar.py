"""The working-day calendar: a year at a glance, a click away from changing a day."""

import calendar as months
from dataclasses import dataclass
from datetime import date, timedelta

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.forms import DateInput
from midun.kernel.web.page import PageRequest, page
from midun.kernel.workflow.calendar import BadDays, WorkCalendar, publish_year, set_days
from midun.kernel.workflow.models import CalendarDay, CalendarYear

RIGHT = Permission.MANAGE_SETTINGS
_FIRST, _LAST = 2000, 2100
_KINDS = {"rest": False, "work": True, "rule": None}


class DaysForm(forms.Form):
    """One day or several in a row."""

    first = forms.DateField(label="从", widget=DateInput())
    last = forms.DateField(label="到", widget=DateInput(), required=False, help_text="只改一天的，不填")
    kind = forms.ChoiceField(
        label="安排",
        choices=[("rest", "休息（节假日）"), ("work", "上班（调休）"), ("rule", "按周一至周五")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label="说明", max_length=60, required=False, help_text="如：国庆节、春节调休上班")


class PublishForm(forms.Form):
    """A year whose holidays are entered."""

    source = forms.CharField(
        label="依据", max_length=120, help_text="如：国办发明电〔2026〕7 号", error_messages={"required": "请填写文号"}
    )


@dataclass(frozen=True)
class Cell:
    """One day as the page shows it. `special` differs from Monday–Friday."""

    day: date
    working: bool
    special: bool
    note: str
    today: bool
    chosen: bool

    @property
    def said(self) -> str:
        """The day in words, for those who do not see the grid."""
        how = "上班" if self.working else "休息"
        return f"{self.day.month}月{self.day.day}日，{how}" + (f"，{self.note}" if self.note else "")


@page(RIGHT, writes=True)
def work_calendar(request: PageRequest, year: int | None = None) -> HttpResponse:
    """A year of working days; POST sets days or declares the year published."""
    year = year or localdate(request.at).year
    if not _FIRST <= year <= _LAST:
        raise Http404
    chosen = _chosen(request, year)
    if request.method == "POST" and "source" in request.POST:
        return _publish(request, year)
    form = DaysForm(request.POST or None, initial=_as_it_is(chosen))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            changed = set_days(
                first=data["first"],
                last=data["last"] or data["first"],
                is_working=_KINDS[data["kind"]],
                note=data["note"],
                actor=request.actor,
                at=request.at,
            )
        except BadDays as wrong:
            form.add_error("last", str(wrong))
        else:
            said = f"已修改 {changed} 天，未办结事项的期限将随即重算" if changed else "与现有安排相同，没有改变"
            messages.success(request, said)
            return redirect(_top(data["first"].year))
    return render(request, "directory/calendar.html", _context(request, year, chosen, form))


def _publish(request: PageRequest, year: int) -> HttpResponse:
    form = PublishForm(request.POST)
    if form.is_valid():
        publish_year(year=year, source=form.cleaned_data["source"], actor=request.actor, at=request.at)
        messages.success(request, f"{year} 年已标记为已公布，未办结事项的期限将随即重算")
    else:
        messages.error(request, "请填写依据的文号")
    return redirect(_top(year))


def _top(year: int) -> str:
    """The page from its beginning: without a fragment of its own a redirect keeps that of the form, far down."""
    return f"{reverse('directory:calendar-year', args=[year])}#content"


def _chosen(request: PageRequest, year: int) -> date | None:
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None
    return day if day.year == year else None


def _as_it_is(day: date | None) -> dict[str, object]:
    if day is None:
        return {"kind": "rest"}
    held = CalendarDay.objects.unscoped("public table").filter(day=day).first()
    kind = "rule" if held is None else "work" if held.is_working else "rest"
    return {"first": day, "kind": kind, "note": held.note if held else ""}


def _context(request: PageRequest, year: int, chosen: date | None, form: DaysForm) -> dict[str, object]:
    years = CalendarYear.objects.unscoped("public table")
    first = date(year, 1, 1)
    length = (date(year + 1, 1, 1) - first).days
    works = WorkCalendar()
    return {
        "year": year,
        "months": _grid(year, works, localdate(request.at), chosen),
        "published": years.filter(year=year).first(),
        "known": sorted({*years.values_list("year", flat=True), year, localdate(request.at).year}),
        "chosen": chosen,
        "form": form,
        "publish": PublishForm(),
        "working_days": sum(works.is_working(first + timedelta(days=n)) for n in range(length)),
    }


def _grid(
    year: int, works: WorkCalendar, today: date, chosen: date | None
) -> list[tuple[int, int, list[list[Cell | None]]]]:
    """Each month with its number of working days and its weeks."""
    notes = dict(CalendarDay.objects.unscoped("public table").filter(day__year=year).values_list("day", "note"))
    shown = []
    for month in range(1, 13):
        weeks: list[list[Cell | None]] = []
        for week in months.Calendar(firstweekday=0).monthdatescalendar(year, month):
            weeks.append(
                [
                    Cell(d, works.is_working(d), d in notes, notes.get(d, ""), d == today, d == chosen)
                    if d.month == month
                    else None
                    for d in week
                ]
            )
        working = sum(1 for week in weeks for cell in week if cell and cell.working)
        shown.append((month, working, weeks))
    return shown
