"""Deadlines are promised working days, counted on the calendar; the promise itself is content."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.claims import pledges as content
from midun.claims import services
from midun.claims.deadlines import Deadline, deadline_of
from midun.claims.models import Urgency
from midun.kernel.orgs.actor import system_actor
from midun.kernel.workflow.calendar import WorkCalendar, seed


@pytest.fixture
def _holidays(db, at):
    seed(actor=system_actor("测试"), at=at)


@pytest.mark.usefixtures("_holidays")
@pytest.mark.parametrize(
    ("raised_on", "urgency", "accept_by", "due_on"),
    [
        # 端午 2025: 31 May to 2 June
        (date(2025, 5, 30), "normal", date(2025, 6, 5), date(2025, 6, 23)),
        (date(2025, 5, 30), "urgent", date(2025, 6, 3), date(2025, 6, 9)),
        # raised on the holiday itself
        (date(2025, 6, 1), "urgent", date(2025, 6, 3), date(2025, 6, 9)),
        # 国庆、中秋 2025: 1 to 8 October; Sunday 28 September is a working day
        (date(2025, 9, 26), "urgent", date(2025, 9, 28), date(2025, 10, 10)),
        # 春节 2025: 28 January to 4 February; Sunday 26 January and Saturday 8 February are working days
        (date(2025, 1, 24), "normal", date(2025, 2, 5), date(2025, 2, 20)),
    ],
)
def test_holidays_and_working_weekends_count(raise_claim, raised_on, urgency, accept_by, due_on):
    claim = raise_claim(raised_on=raised_on, urgency=urgency)
    assert (claim.accept_by, claim.due_on) == (accept_by, due_on)


def test_a_year_without_published_holidays_is_said_on_the_page(claim, login):
    assert "2025 年节假日安排尚未公布" in login("district_officer").get(claim.get_absolute_url()).content.decode()


@pytest.mark.usefixtures("_holidays")
def test_the_badge_says_how_many_working_days_are_left(raise_claim, cast, at):
    claim = raise_claim(raised_on=date(2025, 5, 30))
    calendar = WorkCalendar()

    def text(day):
        shown = deadline_of(claim, day, calendar)
        return shown.text, shown.colour

    assert text(date(2025, 5, 30)) == ("受理剩 3 个工作日", "green")
    assert text(date(2025, 6, 2)) == ("受理剩 3 个工作日", "green")
    assert text(date(2025, 6, 3)) == ("受理剩 2 个工作日", "orange")
    assert text(date(2025, 6, 5)) == ("今天应受理", "orange")
    assert text(date(2025, 6, 6)) == ("受理逾期 1 个工作日", "red")
    services.accept(claim, actor=cast.actor("district_officer"), at=at)
    claim.refresh_from_db()
    assert text(date(2025, 6, 6)) == ("办结剩 11 个工作日", "green")
    assert text(date(2025, 6, 23)) == ("今天应办结", "orange")
    assert Deadline(date(2025, 6, 6), 0, "办结", is_overdue=True).text == "办结已逾期"


def test_a_claim_that_ended_has_no_deadline(closed):
    assert deadline_of(closed, date(2030, 1, 1), WorkCalendar()) is None


def test_a_transfer_starts_the_clock_anew(claim, cast):
    later = datetime(2025, 6, 16, 2, tzinfo=UTC)
    services.transfer(claim, to=cast.station, reason="由服务站上门", actor=cast.actor("district_officer"), at=later)
    claim.refresh_from_db()
    assert (claim.clock_from, claim.accept_by, claim.due_on) == (date(2025, 6, 16), date(2025, 6, 19), date(2025, 7, 7))


def test_the_packaged_content_is_sound():
    found = content.pledges()
    assert set(found.limits) == set(Urgency)
    assert "服务承诺" in found.basis
    assert "12315" in found.lead_officer
    assert "12315" in found.lead_enterprise
    assert " " not in found.basis + found.lead_officer + found.lead_enterprise


def test_content_is_read_from_its_folder(db, tmp_path, settings):
    folder = tmp_path / "content" / "claims"
    folder.mkdir(parents=True)
    source = Path(settings.MIDUN_CONTENT) / "claims" / "pledges.yaml"
    text = source.read_text(encoding="utf-8").replace("handle: 15", "handle: 7")
    (folder / "pledges.yaml").write_text(text, encoding="utf-8")
    settings.MIDUN_CONTENT = tmp_path / "content"
    assert services.clock_for(date(2025, 6, 10), "normal").handle_days == 7


GOOD = {
    "version": 1,
    "basis": "服务承诺",
    "counting": "按工作日",
    "limits": {"normal": {"accept": 3, "handle": 15}, "urgent": {"accept": 1, "handle": 5}},
    "remind_ahead": 2,
    "lead": {"words": ["侵权"], "officer": "请走12315", "enterprise": "不是举报"},
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"limits": {"normal": {"accept": 3, "handle": 15}}},
        {"limits": {"normal": {"accept": 9, "handle": 5}, "urgent": {"accept": 1, "handle": 5}}},
        {"limits": {"normal": {"accept": 0, "handle": 5}, "urgent": {"accept": 1, "handle": 5}}},
        {"limits": {"normal": {"accept": "三", "handle": 5}, "urgent": {"accept": 1, "handle": 5}}},
        {"limits": {"soon": {"accept": 1, "handle": 5}}},
        {"limits": None},
        {"basis": " "},
        {"lead": {}},
        {"version": None},
    ],
)
def test_it_rejects_content_that_contradicts_itself(wrong):
    assert content.parse(GOOD, "pledges.yaml").limits[Urgency.URGENT].handle == 5
    with pytest.raises(content.BadPledges, match=r"pledges\.yaml"):
        content.parse({**GOOD, **wrong}, "pledges.yaml")


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 60))
def test_counting_back_gives_the_days_that_were_added(start, days):
    """`between` undoes `add`, on the plain Monday–Friday rule."""
    calendar = WorkCalendar()
    calendar.__dict__.update(_special={}, _published=set())
    assert calendar.between(start, calendar.add(start, days).day) == days
