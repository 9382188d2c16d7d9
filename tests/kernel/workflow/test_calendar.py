"""Working days with 调休, and the years nobody has published yet."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.kernel.jobs.models import Job
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.kernel.workflow.calendar import BadDays, WorkCalendar, publish_year, seed, set_days

pytestmark = pytest.mark.django_db


@pytest.fixture
def calendar(db, at):
    seed(actor=system_actor(), at=at)
    return WorkCalendar()


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2025, 6, 10), 1, date(2025, 6, 11)),
        (date(2025, 6, 13), 1, date(2025, 6, 16)),  # over a weekend
        (date(2025, 5, 30), 1, date(2025, 6, 3)),  # over 端午: 5-31 to 6-2
        (date(2025, 9, 26), 3, date(2025, 9, 30)),  # Sunday 9-28 is a working day
        (date(2025, 9, 30), 1, date(2025, 10, 9)),  # over 国庆
        (date(2025, 10, 10), 1, date(2025, 10, 11)),  # Saturday 10-11 is a working day
    ],
)
def test_it_counts_working_days(calendar, start, days, end):
    due = calendar.add(start, days)
    assert (due.day, due.warning) == (end, "")


def test_an_unpublished_year_is_said(calendar):
    due = calendar.add(date(2026, 12, 25), 10)
    assert due.day == date(2027, 1, 8)
    assert due.unpublished == (2027,)
    assert "2027 年节假日安排尚未公布" in due.warning


def test_an_administrator_edits_it(calendar, cast, at):
    admin = cast.actor("system_admin")
    set_days(first=date(2027, 1, 4), last=date(2027, 1, 4), is_working=False, note="元旦调休", actor=admin, at=at)
    publish_year(year=2027, source="国办发明电〔2026〕1号", actor=admin, at=at)
    due = WorkCalendar().add(date(2026, 12, 25), 10)
    assert (due.day, due.warning) == (date(2027, 1, 11), "")
    assert Entry.objects.filter(verb="calendar_changed", user_id=admin.user_id).count() == 2


def test_several_days_in_one_act(calendar, cast, at):
    admin = cast.actor("system_admin")
    week = {"first": date(2027, 10, 1), "last": date(2027, 10, 7), "actor": admin, "at": at}
    assert set_days(**week, is_working=False, note="国庆节") == 7
    assert set_days(**week, is_working=False, note="国庆节") == 0
    assert WorkCalendar().between(date(2027, 9, 30), date(2027, 10, 8)) == 1
    assert set_days(**week, is_working=None, note="") == 7
    assert WorkCalendar().is_working(date(2027, 10, 1))
    told = Entry.objects.filter(verb="calendar_changed", user_id=admin.user_id)
    assert told.count() == 2
    assert "国庆节" in told.last().before


@pytest.mark.parametrize("last", [date(2027, 9, 30), date(2027, 12, 1)])
def test_it_rejects_days_that_make_no_sense(calendar, cast, at, last):
    admin = cast.actor("system_admin")
    with pytest.raises(BadDays):
        set_days(first=date(2027, 10, 1), last=last, is_working=False, note="", actor=admin, at=at)


def test_a_change_lets_open_deadlines_be_counted_again(calendar, cast, at):
    admin, before = cast.actor("system_admin"), set(Job.objects.values_list("pk", flat=True))
    set_days(first=date(2027, 10, 1), last=date(2027, 10, 1), is_working=False, note="", actor=admin, at=at)
    publish_year(year=2027, source="国办发明电〔2026〕1号", actor=admin, at=at)
    jobs = Job.objects.exclude(pk__in=before)
    assert [(job.name, job.run_at) for job in jobs] == [("claims.deadlines", at)] * 2


def test_other_role_is_refused(calendar, cast, at):
    officer, day = cast.actor("city_officer"), date(2027, 1, 4)
    with pytest.raises(Refused):
        set_days(first=day, last=day, is_working=False, note="", actor=officer, at=at)
    with pytest.raises(Refused):
        publish_year(year=2027, source="x", actor=officer, at=at)


def test_seeding_twice_changes_nothing(calendar, at):
    assert seed(actor=system_actor(), at=at) == []


def test_adding_and_counting_agree(calendar):
    @given(st.dates(date(2023, 1, 1), date(2027, 6, 1)), st.integers(0, 60))
    def check(start, days):
        end = calendar.add(start, days).day
        assert calendar.between(start, end) == days
        assert days == 0 or calendar.is_working(end)
        assert calendar.between(end, start) == -days
        assert (end - start) >= timedelta(days=days)

    check()
