"""The officer's side of the door: opening, closing, the projector's page, the poster."""

from datetime import timedelta

import pytest
import time_machine

from midun.activities import codes
from midun.activities.forms import default_close
from midun.activities.models import SignIn
from midun.activities.services import events, own, sign_in
from midun.kernel.trail.models import Entry
from tests.activities.factories import AT, address, event, listed, opened, people


@pytest.fixture(autouse=True)
def _that_day():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def made(cast):
    return event(cast.district_officer)


def door_of(activity):
    return SignIn.objects.unscoped("test").get(activity=activity)


OPEN = {"closes_at": "2025-06-10T11:30"}


def test_it_works(login, made):
    client = login("district_officer")
    client.post(address("open", made.pk), OPEN)
    door = door_of(made)
    assert (door.is_open(AT), door.rotating, door.closes_at - AT) == (True, False, timedelta(minutes=90))
    page = client.get(address("activity", made.pk)).content.decode()
    assert "2025-06-10 11:30 截止" in page
    client.post(address("shut", made.pk))
    assert not door_of(made).is_open(AT)
    client.post(address("open", made.pk), {**OPEN, "rotating": "on"})
    again = door_of(made)
    assert (again.token, again.secret, again.rotating, again.is_open(AT)) == (door.token, door.secret, True, True)


def test_it_is_in_the_trail(login, made):
    for name in ("open", "shut", "shut"):
        login("district_officer").post(address(name, made.pk), OPEN)
    assert [e.verb for e in Entry.objects.about(made)] == ["created", "sign_in_opened", "sign_in_closed"]


@pytest.mark.parametrize("name", ["open", "shut", "screen", "poster"])
def test_outsider_gets_404(login, made, cast, name):
    opened(made, cast.district_officer)
    client = login("other_district_officer")
    assert client.get(address(name, made.pk)).status_code == 404
    assert client.post(address(name, made.pk), OPEN).status_code in (404, 405)


@pytest.mark.parametrize("name", ["open", "shut"])
def test_other_role_gets_403(login, made, name):
    for who in ("city_officer", "district_leader", "enterprise_admin"):
        assert login(who).post(address(name, made.pk), OPEN).status_code == 403


@pytest.mark.parametrize("closes_at", ["2025-06-10T09:00", "2025-06-10T10:00", "", "下午三点"])
def test_it_rejects_a_closing_time_that_is_none(login, made, closes_at):
    page = login("district_officer").post(address("open", made.pk), {"closes_at": closes_at}, follow=True)
    assert "截止时间" in page.content.decode()
    assert not SignIn.objects.unscoped("test").exists()


def test_it_rejects_a_voided_event(made, cast):
    events.void(made, version=1, reason="未办", actor=cast.actor("district_officer"), at=AT)
    with pytest.raises(own.Voided):
        opened(made, cast.district_officer)


def test_the_closing_time_offered_follows_the_event(cast):
    begins = event(cast.district_officer, start_time="14:00")
    begins.refresh_from_db()
    assert f"{default_close(begins, AT):%m-%d %H:%M}" == "06-10 15:00"
    assert f"{default_close(event(cast.district_officer), AT):%m-%d %H:%M}" == "06-10 13:00"


# the projector


def test_the_screen_shows_the_code_and_the_count(login, made, cast):
    door = opened(made, cast.district_officer)
    listed(made, cast.district_officer, people("张三", "李四"))
    for who in ("district_officer", "district_leader", "city_officer"):
        page = login(who).get(address("screen", made.pk))
        text = page.content.decode()
        assert door.path in text
        assert "已签到 <strong>2</strong> 人" in text
        assert page.headers["Cache-Control"].startswith("max-age=0")
    part = login("district_officer").get(address("screen", made.pk), {"part": "1"}).content.decode()
    assert "<svg" in part
    assert "<html" not in part


def test_a_rotating_screen_does_not_print_its_address(login, made, cast):
    door = opened(made, cast.district_officer, rotating=True)
    page = login("district_officer").get(address("screen", made.pk))
    assert page.context["address"].endswith(f"?k={codes.rotating(door.secret, AT)}")
    assert door.token not in page.content.decode()
    assert door.secret not in page.content.decode()


def test_the_rotating_code_changes_each_minute_and_the_one_before_still_opens(made, cast):
    secret = opened(made, cast.district_officer, rotating=True).secret
    now, later = codes.rotating(secret, AT), AT + timedelta(seconds=codes.STEP)
    assert now != codes.rotating(secret, later)
    assert codes.is_current(secret, now, later)
    assert not codes.is_current(secret, now, later + timedelta(seconds=codes.STEP))
    assert not codes.is_current(secret, "", AT)
    assert 0 < codes.seconds_left(AT) <= codes.STEP


def test_after_closing_the_screen_says_so(login, made, cast):
    opened(made, cast.district_officer)
    sign_in.close_sign_in(made, actor=cast.actor("district_officer"), at=AT)
    text = login("district_officer").get(address("screen", made.pk)).content.decode()
    assert "签到已截止" in text
    assert "<svg" not in text


def test_without_a_door_there_is_no_screen(login, made):
    assert login("district_officer").get(address("screen", made.pk)).status_code == 404
    assert login("district_officer").get(address("poster", made.pk)).status_code == 404


# the poster


def test_the_poster_is_a_pdf(login, made, cast):
    opened(made, cast.district_officer)
    answer = login("district_officer").get(address("poster", made.pk))
    assert answer.content.startswith(b"%PDF-")
    assert "%E7%AD%BE%E5%88%B0%E6%B5%B7%E6%8A%A5" in answer.headers["Content-Disposition"]


def test_a_code_that_rotates_is_not_printed(login, made, cast):
    opened(made, cast.district_officer, rotating=True)
    assert login("district_officer").get(address("poster", made.pk)).status_code == 404
