"""Reminders around the deadline, by the platform itself."""

from datetime import UTC, datetime, timedelta

import pytest

from midun.kernel.notify.models import Notice
from midun.kernel.orgs.actor import system_actor
from midun.kernel.statistics.models import StatForm
from midun.kernel.workflow.calendar import seed
from midun.reporting import jobs
from tests.kernel.statistics.factories import hand_in


def morning(year, month, day):
    return datetime(year, month, day, 1, 0, tzinfo=UTC)


@pytest.fixture
def east(cast, forms, at):
    """Due on Friday, 10 October 2025: the first working day after the long holiday but one."""
    seed(actor=system_actor("测试"), at=at)
    found = StatForm.objects.unscoped("test")
    found.exclude(pk=forms["east_bureau"].pk).update(due_on=datetime(2027, 1, 1, tzinfo=UTC).date())
    found.filter(pk=forms["east_bureau"].pk).update(due_on=datetime(2025, 10, 10, tzinfo=UTC).date())
    return forms["east_bureau"]


def told():
    found = Notice.objects.unscoped("test").filter(kind="reminder", membership__user__username="district_officer")
    return list(found.order_by("pk").values_list("text", flat=True))


@pytest.mark.parametrize(
    ("day", "count"),
    [
        (morning(2025, 9, 29), 0),  # three working days left: 30 September, 9 and 10 October
        (morning(2025, 9, 30), 1),
        (morning(2025, 10, 5), 1),
        (morning(2025, 10, 10), 1),
        (morning(2025, 10, 11), 1),
        (morning(2025, 10, 25), 1),
        (morning(2025, 10, 26), 0),  # more than fifteen days late: not every day for ever
    ],
)
def test_two_working_days_before_and_fifteen_days_after(east, day, count):
    jobs.remind(at=day)
    assert len(told()) == count


def test_once_a_day_however_often_the_job_runs(east):
    for hours in (0, 5, 10):
        jobs.remind(at=morning(2025, 10, 9) + timedelta(hours=hours))
    jobs.remind(at=morning(2025, 10, 10))
    assert len(told()) == 2
    assert told()[0].endswith("将于 10月10日 截止，请及时报送")


def test_who_has_handed_in_is_left_alone(cast, east, at):
    hand_in(cast, east, at)
    jobs.remind(at=morning(2025, 10, 10))
    assert told() == []
