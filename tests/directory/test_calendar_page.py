"""The working-day calendar in the browser."""

from datetime import date

import pytest

from midun.directory.todos import calendar_of_next_year
from midun.kernel.orgs.actor import system_actor
from midun.kernel.trail.models import Entry
from midun.kernel.workflow.calendar import WorkCalendar, seed
from midun.kernel.workflow.models import CalendarDay, CalendarYear

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(login, at):
    seed(actor=system_actor(), at=at)
    return login("system_admin")


def test_it_works(client):
    page = client.get("/directory/calendar/2025/").content.decode()
    assert page.count("calendar-month") == 12
    assert "全年工作日 248 天" in page
    assert "10月1日，休息，节假日" in page
    assert "9月28日，上班，调休上班" in page
    assert "尚未标记为已公布" not in page


def test_an_unpublished_year_is_said(client):
    page = client.get("/directory/calendar/2027/").content.decode()
    assert "尚未标记为已公布" in page
    answer = client.post("/directory/calendar/2027/", {"source": "国办发明电〔2026〕1号"}, follow=True)
    assert "尚未标记为已公布" not in answer.content.decode()
    assert CalendarYear.objects.unscoped("test").get(year=2027).source == "国办发明电〔2026〕1号"
    assert "请填写依据" in client.post("/directory/calendar/2028/", {"source": ""}, follow=True).content.decode()


def test_a_click_on_a_day_offers_its_change(client):
    page = client.get("/directory/calendar/2027/?day=2027-02-05")
    assert page.context["form"].initial["first"] == date(2027, 2, 5)
    assert "2027年2月5日" in page.content.decode()
    client.post("/directory/calendar/2027/", {"first": "2027-02-05", "last": "", "kind": "rest", "note": "除夕"})
    assert not WorkCalendar().is_working(date(2027, 2, 5))
    page = client.get("/directory/calendar/2027/?day=2027-02-05")
    assert (page.context["form"].initial["kind"], page.context["form"].initial["note"]) == ("rest", "除夕")


def test_several_days_are_set_at_once_and_given_back(client):
    days = {"first": "2027-10-01", "last": "2027-10-07", "note": "国庆节"}
    said = client.post("/directory/calendar/2027/", {**days, "kind": "rest"}, follow=True).content.decode()
    assert "已修改 7 天" in said
    assert CalendarDay.objects.unscoped("test").filter(day__year=2027).count() == 7
    assert (
        "没有改变" in client.post("/directory/calendar/2027/", {**days, "kind": "rest"}, follow=True).content.decode()
    )
    client.post("/directory/calendar/2027/", {**days, "kind": "rule"})
    assert not CalendarDay.objects.unscoped("test").filter(day__year=2027).exists()
    assert Entry.objects.filter(verb="calendar_changed", user_name="system_admin").count() == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"first": "2027-10-07", "last": "2027-10-01", "kind": "rest"},
        {"first": "2027-01-01", "last": "2027-12-31", "kind": "rest"},
        {"first": "oops", "kind": "rest"},
        {"first": "2027-10-01", "kind": "oops"},
    ],
)
def test_it_rejects_what_makes_no_sense(client, fields):
    answer = client.post("/directory/calendar/2027/", fields)
    assert answer.context["form"].errors
    assert not CalendarDay.objects.unscoped("test").filter(day__year=2027).exists()


def test_years_out_of_reach_are_404(client):
    assert client.get("/directory/calendar/1999/").status_code == 404
    assert client.get("/directory/calendar/2101/").status_code == 404


def test_other_role_gets_403(login):
    for who in ("security_admin", "auditor", "city_leader", "city_officer"):
        assert login(who).get("/directory/calendar/").status_code == 403
        assert login(who).post("/directory/calendar/2027/", {"source": "x"}).status_code == 403


def test_the_administrator_is_reminded(cast, client):
    admin = cast.actor("system_admin")
    assert calendar_of_next_year(admin, date(2025, 10, 31)) == []
    assert [t.text for t in calendar_of_next_year(admin, date(2026, 11, 1))] == ["录入 2027 年节假日安排并标记为已公布"]
    assert calendar_of_next_year(cast.actor("city_officer"), date(2026, 11, 1)) == []
