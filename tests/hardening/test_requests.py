"""Requests that somebody else made up: forged forms, other hosts, addresses to be sent to, sessions planted before."""

from ipaddress import ip_network

import pytest
from django.conf import settings as configured
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import get_resolver, reverse

from midun.kernel.orgs.models import LoginRecord
from midun.kernel.trail.models import Entry
from tests.test_access_matrix import SAMPLES, names

PASSWORD = "Correct-Horse-9"
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    " https://evil.example",
    "https:/evil.example",
    "//evil.example\\@testserver/",
    "data:text/html,x",
)


def log_in(client, name="district_officer", password=PASSWORD, **more):
    return client.post("/accounts/login/", {"login": name, "password": password}, **more)


def test_a_forged_form_changes_nothing(cast, login):
    """Every address that writes refuses a POST without the token, before anything else is looked at."""
    patterns = dict(names(get_resolver().url_patterns))
    client = Client(enforce_csrf_checks=True)
    client.cookies = login("city_officer").cookies
    before = Entry.objects.count()
    for name, pattern in patterns.items():
        if not getattr(pattern.callback, "page_writes", False):
            continue
        parts = pattern.pattern.converters
        sample = {key: SAMPLES.get(type(kind).__name__, "x") for key, kind in parts.items()}
        answer = client.post(reverse(name, kwargs=sample), {"action": "export"})
        assert answer.status_code == 403, name
    assert Client(enforce_csrf_checks=True).post("/accounts/login/", {}).status_code == 403
    assert Entry.objects.count() == before


@pytest.mark.parametrize("where", ELSEWHERE)
def test_nobody_is_sent_elsewhere_after_a_login(cast, where):
    for client, path in ((Client(), "/accounts/login/"), (Client(), f"/accounts/login/?next={where}")):
        answer = client.post(path, {"login": "district_officer", "password": PASSWORD, "next": where})
        assert answer.status_code == 302
        assert answer["Location"] == "/desk/", answer["Location"]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_nobody_is_sent_elsewhere_by_a_form(cast, login, where):
    client = login("district_officer")
    for path in ("/notices/", "/saved-views/", "/switch/", "/accounts/logout/"):
        answer = client.post(
            path, {"next": where, "membership": cast.district_officer.pk, "name": "x", "page": "visits"}
        )
        location = answer.headers.get("Location", "/")
        assert location.startswith("/"), (path, location)
        assert not location.startswith(("//", "/\\")), (path, location)


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "a b", ""])
def test_another_host_is_refused(client, host):
    assert client.get("/", headers={"host": host}).status_code == 400


def test_a_forwarded_host_counts_for_nothing(client):
    answer = client.get("/desk/", headers={"x-forwarded-host": "evil.example"})
    assert "evil" not in answer.headers.get("Location", "") + answer.content.decode()


def test_a_session_planted_before_the_login_is_worth_nothing(cast):
    """Session fixation: the key is new after the login, and the old one opens nothing."""
    client, thief = Client(), Client()
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = "yes"
    session.save()
    planted = session.session_key
    client.cookies[configured.SESSION_COOKIE_NAME] = planted
    assert log_in(client).status_code == 302
    assert client.session.session_key != planted
    thief.cookies[configured.SESSION_COOKIE_NAME] = planted
    assert thief.get("/desk/").status_code == 302


def test_a_made_up_session_key_is_not_taken_over(cast):
    client = Client()
    client.cookies[configured.SESSION_COOKIE_NAME] = "a" * 32
    assert log_in(client).status_code == 302
    assert client.cookies[configured.SESSION_COOKIE_NAME].value != "a" * 32


def test_a_logout_ends_the_session_on_the_server(cast):
    client, thief = Client(), Client()
    log_in(client)
    thief.cookies[configured.SESSION_COOKIE_NAME] = client.cookies[configured.SESSION_COOKIE_NAME].value
    assert thief.get("/desk/").status_code == 200
    client.post("/accounts/logout/")
    assert thief.get("/desk/").status_code == 302


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(cast):
    client = Client()
    log_in(client)
    session = client.cookies[configured.SESSION_COOKIE_NAME]
    assert (session["httponly"], session["samesite"]) == (True, "Lax")
    for cookie in client.cookies.values():
        assert cookie["samesite"] in ("Lax", "Strict"), cookie.key
        assert cookie["httponly"] or cookie.key == configured.CSRF_COOKIE_NAME


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed."""

    algorithm = "counting"
    hashed = 0

    def encode(self, password, salt):
        type(self).hashed += 1
        return super().encode(password, salt)


def attempt(name):
    CountingHasher.hashed = 0
    client = Client()
    client.get("/accounts/login/")
    answer = log_in(client, name, "wrong-password")
    told = answer.content.decode().replace(name, "NAME").replace(client.cookies["csrftoken"].value, "")
    lines = [line for line in told.splitlines() if "csrfmiddlewaretoken" not in line]
    return answer.status_code, "\n".join(lines), CountingHasher.hashed


def test_a_login_does_not_tell_which_names_exist(cast, settings):
    """The same words and the same work for a name that exists, one that does not, and one that is disabled."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    for name in ("district_officer", "city_leader"):
        user = cast.memberships[name].user
        user.set_password(PASSWORD)
        user.is_active = name != "city_leader"
        user.save()
    known, unknown, disabled = attempt("district_officer"), attempt("nobody_at_all_x"), attempt("city_leader")
    assert known == unknown == disabled
    assert known[2] >= 1


def test_a_locked_name_does_not_tell_whether_it_exists(cast):
    told = {}
    for name in ("district_officer", "nobody_at_all_x"):
        for _ in range(6):
            answer = log_in(Client(REMOTE_ADDR="192.0.2.7" if name[0] == "d" else "192.0.2.8"), name, "wrong")
        told[name] = answer.content.decode().count("登录失败次数过多")
    assert set(told.values()) == {1}


@pytest.mark.parametrize("address", ["192.0.2.10", "2001:db8::10"])
def test_a_name_is_locked_after_five_failures_whatever_the_client_says_of_its_address(cast, address):
    """The header that a proxy would set is dropped when the request does not come from one."""
    for number in range(5):
        client = Client(REMOTE_ADDR=address, headers={"x-forwarded-for": f"10.0.0.{number}"})
        assert log_in(client, password="wrong").status_code == 200
    client = Client(REMOTE_ADDR=address, headers={"x-forwarded-for": "10.9.9.9"})
    assert "登录失败次数过多" in log_in(client).content.decode()
    assert set(LoginRecord.objects.unscoped("test").values_list("ip", flat=True)) == {address}


def test_one_address_is_stopped_over_many_names(cast):
    for number in range(30):
        log_in(Client(REMOTE_ADDR="192.0.2.20"), f"guess-{number}", "wrong")
    answer = log_in(Client(REMOTE_ADDR="192.0.2.20"))
    assert answer.status_code == 429 or "登录失败次数过多" in answer.content.decode()
    assert log_in(Client(REMOTE_ADDR="192.0.2.21")).status_code == 302


def test_behind_our_proxy_the_clients_own_address_counts(cast, settings):
    """And only the last one, which our proxy wrote: what the client sent before it counts for nothing."""
    settings.MIDUN_PROXIES = [ip_network("10.1.0.0/24")]
    for number in range(5):
        forwarded = {"x-forwarded-for": f"203.0.113.{number}, 192.0.2.30:4711, 10.1.0.9"}
        log_in(Client(REMOTE_ADDR="10.1.0.5", headers=forwarded), password="wrong")
    same = Client(REMOTE_ADDR="10.1.0.5", headers={"x-forwarded-for": "192.0.2.30"})
    assert "登录失败次数过多" in log_in(same).content.decode()
    other = Client(REMOTE_ADDR="10.1.0.5", headers={"x-forwarded-for": "192.0.2.31"})
    assert log_in(other).status_code == 302
    assert set(LoginRecord.objects.unscoped("test").values_list("ip", flat=True)) == {"192.0.2.30", "192.0.2.31"}


@pytest.mark.parametrize("forwarded", ["", "nonsense", ",", "999.1.1.1", "unknown", "'; DROP TABLE", "::1, garbage"])
def test_a_proxy_that_writes_nonsense_harms_nothing(cast, settings, forwarded):
    settings.MIDUN_PROXIES = [ip_network("10.1.0.5")]
    client = Client(REMOTE_ADDR="10.1.0.5", headers={"x-forwarded-for": forwarded})
    assert log_in(client).status_code == 302


def test_text_with_a_nul_is_refused_wherever_it_stands(login):
    client = login("district_officer")
    assert client.get("/visits/", {"q": "a\x00b"}).status_code == 400
    assert client.get("/visits/", {"a\x00b": "q"}).status_code == 400
    assert client.post("/claims/new/", {"title": "a\x00b"}).status_code == 400
    assert client.get("/activities/receipts/a%00b/").status_code == 400
    assert client.get("/visits/", {"q": "甲乙"}).status_code == 200
