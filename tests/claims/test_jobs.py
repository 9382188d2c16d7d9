"""The daily job: reminders ahead and when late, on working days, once a day; deadlines follow the calendar."""

from datetime import UTC, date, datetime

import pytest

from midun.claims import services
from midun.claims.jobs import deadlines
from midun.claims.models import Claim
from midun.kernel.jobs.registry import kinds
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.actor import system_actor
from midun.kernel.trail.models import Entry
from midun.kernel.web.todos import todos_for
from midun.kernel.workflow.calendar import seed, set_days


@pytest.fixture(autouse=True)
def _holidays(db, at):
    seed(actor=system_actor("测试"), at=at)


def morning(day):
    """08:00 in Shanghai."""
    return datetime(2025, 6, day, 0, tzinfo=UTC)


def reminders(cast, who):
    found = Notice.objects.visible_to(cast.actor(who)).filter(kind="reminder").order_by("pk")
    return [n.text.split("”")[1] for n in found]


def test_it_reminds_ahead_and_when_late_once_a_day(raise_claim, cast):
    raise_claim(raised_on=date(2025, 5, 30))  # accepted by 5 June
    seen = []
    for day in (2, 3, 4, 5, 6, 7, 9):  # the 2nd is 端午, the 7th a Saturday
        deadlines(at=morning(day))
        deadlines(at=morning(day))
        seen.append(len(reminders(cast, "district_officer")))
    assert seen == [0, 1, 2, 3, 4, 4, 5]
    assert reminders(cast, "district_officer") == [
        "受理剩 2 个工作日",
        "受理剩 1 个工作日",
        "今天应受理",
        "受理逾期 1 个工作日",
        "受理逾期 2 个工作日",
    ]


def test_the_leader_hears_of_it_only_when_it_is_late(raise_claim, cast):
    raise_claim(raised_on=date(2025, 5, 30))
    deadlines(at=morning(5))
    assert reminders(cast, "district_leader") == []
    deadlines(at=morning(6))
    assert reminders(cast, "district_leader") == ["受理逾期 1 个工作日"]
    assert reminders(cast, "city_officer") == reminders(cast, "other_district_officer") == []


def test_it_leaves_alone_what_is_done_or_voided(raise_claim, cast, at):
    officer = cast.actor("district_officer")
    done, gone = raise_claim(raised_on=date(2025, 5, 6)), raise_claim(raised_on=date(2025, 5, 6))
    services.refuse(done, reason="x", reply="y", actor=officer, at=at)
    services.void(gone, version=1, reason="重复", actor=officer, at=at)
    deadlines(at=morning(20))
    assert reminders(cast, "district_officer") == []


def test_deadlines_follow_the_calendar_and_keep_the_days_promised(raise_claim, at):
    claim = raise_claim(raised_on=date(2025, 5, 30))
    Claim.objects.unscoped("an earlier promise").filter(pk=claim.pk).update(handle_days=10, due_on=date(2025, 6, 16))
    admin = system_actor("测试")
    set_days(first=date(2025, 6, 14), last=date(2025, 6, 14), is_working=True, note="调休上班", actor=admin, at=at)
    set_days(first=date(2025, 6, 4), last=date(2025, 6, 4), is_working=False, note="临时放假", actor=admin, at=at)
    deadlines(at=morning(3))
    claim.refresh_from_db()
    assert (claim.accept_by, claim.due_on, claim.handle_days) == (date(2025, 6, 6), date(2025, 6, 16), 10)
    entry = Entry.objects.about(claim).last()
    assert (entry.verb, entry.reason) == ("changed", "工作日历更新，重算服务承诺期限")
    count = Entry.objects.count()
    deadlines(at=morning(3))
    assert Entry.objects.count() == count


def test_it_is_on_the_schedule():
    assert kinds()["claims.deadlines"].every is not None


def test_the_desk_shows_open_claims_by_deadline_and_late_ones_to_the_leader(raise_claim, cast):
    late = raise_claim(raised_on=date(2025, 5, 6), title="晚了的")
    raise_claim(raised_on=date(2025, 6, 10), title="新来的")
    officer = todos_for(cast.actor("district_officer"), date(2025, 6, 10))
    assert [t.text for t in officer] == ["晚了的", "新来的"]
    assert officer[0].is_overdue(date(2025, 6, 10))
    assert [t.url for t in todos_for(cast.actor("district_leader"), date(2025, 6, 10))] == [late.get_absolute_url()]
    assert todos_for(cast.actor("other_district_officer"), date(2025, 6, 10)) == []
