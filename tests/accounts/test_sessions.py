"""Sessions end when nobody works; the membership acted in is seen and switched."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from midun.kernel.orgs.models import Membership
from midun.kernel.trail.models import Entry

pytestmark = pytest.mark.django_db


def log_in(name="district_officer"):
    client = Client()
    client.post("/accounts/login/", {"login": name, "password": "Correct-Horse-9"})
    return client


def test_an_idle_session_ends(cast, settings):
    with time_machine.travel("2025-06-10 10:00:00+08:00", tick=False) as clock:
        client = log_in()
        clock.shift(timedelta(minutes=settings.MIDUN_IDLE_MINUTES - 1))
        assert client.get("/desk/").status_code == 200
        clock.shift(timedelta(minutes=settings.MIDUN_IDLE_MINUTES - 1))
        assert client.get("/desk/").status_code == 200  # work keeps it alive
        clock.shift(timedelta(minutes=settings.MIDUN_IDLE_MINUTES, seconds=1))
        answer = client.get("/visits/?page=2&q=x%20y")
        assert answer.headers["Location"] == "/accounts/login/?next=%2Fvisits%2F%3Fpage%3D2%26q%3Dx%2520y"
        assert "已自动退出" in client.get(answer.headers["Location"]).content.decode()
        assert client.get("/desk/").status_code == 302
    entry = Entry.objects.filter(verb="logged_out").get()
    assert entry.reason == "长时间没有操作"


def test_leaving_is_in_the_trail(cast):
    client = log_in()
    client.post("/accounts/logout/")
    assert client.get("/desk/").status_code == 302
    assert Entry.objects.get(verb="logged_out").organisation == "东区市场监管局"


@pytest.fixture
def two_hats(cast, at):
    member = cast.memberships["district_officer"]
    return Membership.objects.create(user=member.user, organisation=cast.station, role="station_staff", granted_at=at)


def test_the_membership_is_seen_and_switched(cast, two_hats):
    client = log_in()
    page = client.get("/desk/").content.decode()
    assert "东区市场监管局" in page
    assert "张江商业秘密保护服务站 · 服务站人员" in page
    client.post("/switch/", {"membership": two_hats.pk})
    page = client.get("/desk/").content.decode()
    assert '<div class="text-secondary">张江商业秘密保护服务站</div>' in page
    entry = Entry.objects.get(verb="membership_switched")
    assert (entry.membership_id, entry.organisation) == (two_hats.pk, "张江商业秘密保护服务站")


def test_nobody_switches_into_anothers(cast):
    client = log_in()
    assert client.post("/switch/", {"membership": cast.memberships["city_officer"].pk}).status_code == 404
    assert not Entry.objects.filter(verb="membership_switched").exists()


def test_an_ended_membership_is_left_at_once(cast, two_hats, at):
    client = log_in()
    client.post("/switch/", {"membership": two_hats.pk})
    Membership.objects.unscoped("test").filter(pk=two_hats.pk).update(ended_at=at)
    page = client.get("/desk/").content.decode()
    assert '<div class="text-secondary">东区市场监管局</div>' in page


def test_the_own_account(cast, login):
    client = log_in()
    page = client.get("/directory/account/").content.decode()
    assert "成功" in page
    assert "district_officer@example.cn" in page
    fields = {"title": "科长", "phone": "13800000000", "email": "li@example.cn"}
    assert client.post("/directory/account/", fields).status_code == 302
    user = cast.memberships["district_officer"].user
    user.refresh_from_db()
    assert (user.title, user.phone, user.email, user.name) == (
        "科长",
        "13800000000",
        "li@example.cn",
        "district_officer",
    )
    entry = Entry.objects.about(user).last()
    assert (entry.verb, '"title":"科长"' in entry.after) == ("changed", True)
    assert "邮" in client.post("/directory/account/", {**fields, "email": "oops"}).content.decode()


def test_the_own_logins_are_the_own(cast, login):
    log_in("city_officer")
    Client().post("/accounts/login/", {"login": "district_officer", "password": "wrong"}, REMOTE_ADDR="10.9.9.9")
    page = log_in().get("/directory/account/").content.decode()
    assert "10.9.9.9" in page
    assert page.count("成功") == 1
