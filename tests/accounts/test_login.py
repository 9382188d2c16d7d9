"""Logging in: history, lock-out that stops the guesser and not the owner, nothing that tells which names exist."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from midun.accounts.services import logins
from midun.accounts.services.logins import Attempt, Outcome
from midun.kernel.orgs.models import LoginRecord
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry

pytestmark = pytest.mark.django_db
RIGHT = "Correct-Horse-9"


def attempt(name="district_officer", password=None, client=None, ip="10.0.0.1"):
    client = client or Client()
    return client.post("/accounts/login/", {"login": name, "password": password or "wrong"}, REMOTE_ADDR=ip)


def said(answer):
    return answer.content.decode() if answer.status_code == 200 else ""


def records(**by):
    return LoginRecord.objects.unscoped("test").filter(**by)


def test_it_works(cast):
    answer = attempt(password=RIGHT)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/desk/")
    kept = records().get()
    assert (kept.outcome, kept.ip, kept.user) == ("success", "10.0.0.1", cast.memberships["district_officer"].user)
    entry = Entry.objects.get(verb="logged_in")
    assert (entry.organisation, entry.path) == ("东区市场监管局", cast.east.path)


def test_capitals_make_no_other_name(cast):
    assert attempt("District_Officer", RIGHT).status_code == 302
    for _ in range(5):
        attempt("DISTRICT_OFFICER", ip="10.0.0.2")
    assert "失败次数过多" in said(attempt("district_officer", RIGHT, ip="10.0.0.2"))


def test_an_unknown_name_looks_like_a_wrong_password(cast):
    known, unknown = attempt(), attempt("nobody-at-all")
    strip = lambda page: page.content.decode().replace("nobody-at-all", "x").replace("district_officer", "x")  # noqa: E731  # one line each, used twice
    cut = lambda text: text.split("csrfmiddlewaretoken")[0] + text.split("csrfmiddlewaretoken")[1][90:]  # noqa: E731  # one line each, used twice
    assert cut(strip(known)) == cut(strip(unknown))
    for _ in range(4):
        attempt()
        attempt("nobody-at-all")
    assert ("失败次数过多" in said(attempt()), "失败次数过多" in said(attempt("nobody-at-all"))) == (True, True)


def test_five_failures_lock_name_and_address(cast):
    for _ in range(5):
        attempt()
    assert "失败次数过多" in said(attempt(password=RIGHT))
    assert attempt(password=RIGHT, ip="10.0.0.9").status_code == 302  # from elsewhere the name is free
    assert attempt("city_officer", RIGHT).status_code == 302  # the address is free for other names
    assert Entry.objects.filter(verb="locked").count() == 1


def test_the_lock_ends_by_itself(cast):
    with time_machine.travel("2025-06-10 10:00:00+08:00", tick=False) as clock:
        for _ in range(5):
            attempt()
        clock.shift(timedelta(minutes=14, seconds=59))
        assert "失败次数过多" in said(attempt(password=RIGHT))
        clock.shift(timedelta(seconds=2))
        assert attempt(password=RIGHT).status_code == 302


def test_a_success_starts_the_count_anew(cast):
    for _ in range(4):
        attempt()
    attempt(password=RIGHT)
    for _ in range(4):
        attempt()
    assert attempt(password=RIGHT).status_code == 302


def test_nobody_locks_the_owner_out(cast):
    """The owner's browser is known; somebody at the same address guesses wrong on purpose."""
    own = Client()
    attempt(password=RIGHT, client=own)
    own.post("/accounts/logout/")
    for _ in range(6):
        attempt()
    assert "失败次数过多" in said(attempt(password=RIGHT))
    assert attempt(password=RIGHT, client=own).status_code == 302


def test_a_known_browser_is_no_way_round(cast):
    own = Client()
    attempt(password=RIGHT, client=own)
    own.post("/accounts/logout/")
    for _ in range(5):
        attempt(client=own)
    assert "失败次数过多" in said(attempt(password=RIGHT, client=own))


def test_a_forged_cookie_is_unknown(cast):
    for _ in range(5):
        attempt()
    forged = Client()
    forged.cookies["midun_device"] = "eyJhIjoiYiJ9:1abc:forged"
    assert "失败次数过多" in said(attempt(password=RIGHT, client=forged))


def test_a_known_browser_is_known_for_its_own_names_only(cast):
    own = Client()
    attempt("city_officer", RIGHT, client=own)
    own.post("/accounts/logout/")
    for _ in range(5):
        attempt()
    assert "失败次数过多" in said(attempt(password=RIGHT, client=own))


def test_many_addresses_lock_the_name_but_not_its_owner(cast):
    own = Client()
    attempt(password=RIGHT, client=own, ip="10.0.0.77")
    own.post("/accounts/logout/")
    for number in range(20):
        attempt(ip=f"10.1.0.{number}")
    assert "失败次数过多" in said(attempt(password=RIGHT, ip="10.2.0.1"))
    assert attempt(password=RIGHT, client=own, ip="10.0.0.77").status_code == 302


def test_one_address_over_many_names_is_locked(cast, at):
    guess = Attempt("x", "10.0.0.1")
    for number in range(30):
        logins.note(Attempt(f"name{number}", "10.0.0.1"), Outcome.FAILURE, at=at)
    assert logins.locked_until(guess, at) == at + timedelta(minutes=15)
    assert logins.locked_until(Attempt("x", "10.0.0.2"), at) is None
    assert logins.locked_until(Attempt("x", "10.0.0.1", device="known"), at) is None


def test_the_security_administrator_unlocks(cast, login):
    user = cast.memberships["district_officer"].user
    for _ in range(5):
        attempt()
    client = login("security_admin")
    from django.test import override_settings

    with override_settings(MIDUN_ADMINS_NEED_SECOND_FACTOR=False):
        assert "登录锁定至" in client.get(f"/directory/people/{user.pk}/").content.decode()
        client.post(f"/directory/people/{user.pk}/", {"act": "unlock"})
    assert attempt(password=RIGHT).status_code == 302
    assert Entry.objects.filter(verb="unlocked", target_id=str(user.pk)).exists()


def test_other_role_cannot_unlock(cast, at):
    user = cast.memberships["district_officer"].user
    for who in ("system_admin", "auditor", "city_officer"):
        with pytest.raises(Refused):
            logins.unlock(user=user, actor=cast.actor(who), at=at)


def test_a_disabled_account_is_told_only_with_the_right_password(cast):
    user = cast.memberships["district_officer"].user
    user.is_active = False
    user.save()
    assert attempt().status_code == 200
    assert attempt(password=RIGHT).headers["Location"] == "/accounts/inactive/"
    assert set(records().values_list("outcome", flat=True)) == {"failure", "disabled"}


def test_it_is_in_the_trail_for_the_right_auditor(cast):
    attempt()
    attempt("nobody-at-all")
    known, unknown = Entry.objects.filter(verb="login_failed").order_by("seq")
    assert (known.user_name, known.user_id, known.path) == ("district_officer", None, cast.east.path)
    assert (unknown.user_name, unknown.path) == ("nobody-at-all", "")


def test_no_redirect_leads_away(cast):
    for target in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = Client().post("/accounts/login/", {"login": "city_officer", "password": RIGHT, "next": target})
        assert answer.headers["Location"] == "/desk/"
    answer = Client().post("/accounts/login/", {"login": "city_officer", "password": RIGHT, "next": "/visits/"})
    assert answer.headers["Location"] == "/visits/"


@pytest.mark.parametrize("path", ["signup/", "email/", "login/code/", "confirm-email/", "password/set"])
def test_the_librarys_other_pages_have_no_address(path):
    assert Client().get(f"/accounts/{path}").status_code in (301, 404)
    assert Client().get("/accounts/signup/").status_code == 404
