"""Lists of people and accounts; the person's page and the acts on it."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.models import Membership, User
from midun.kernel.orgs.services import grant
from midun.kernel.trail.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(cast):
    return cast.memberships["district_officer"].user


@pytest.fixture
def address(person):
    return f"/directory/people/{person.pk}/"


def test_it_works(cast, login, address):
    for who in ("security_admin", "system_admin"):
        client = login(who)
        assert "东区市场监管局" in client.get("/directory/people/").content.decode()
        assert "district_officer" in client.get(address).content.decode()


def test_other_role_gets_403(login, address):
    for who in ("auditor", "city_officer", "enterprise_admin"):
        assert login(who).get("/directory/people/").status_code == 403
        assert login(who).get(address).status_code == 403


def test_outsider_gets_404(cast, login):
    other = cast.memberships["province_officer"].user
    assert login("security_admin").get(f"/directory/people/{other.pk}/").status_code == 404
    assert login("security_admin").post(f"/directory/people/{other.pk}/", {"act": "reset"}).status_code == 404
    assert "江省市场监管局" not in login("security_admin").get("/directory/people/?state=all").content.decode()


def test_filters(cast, login, person):
    client = login("security_admin")
    assert len(client.get("/directory/people/", {"role": "officer"}).context["rows"]) == 5
    assert len(client.get("/directory/people/", {"q": "张江"}).context["rows"]) == 1
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert len(client.get("/directory/people/", {"state": "disabled"}).context["rows"]) == 1
    assert len(client.get("/directory/people/", {"role": "officer"}).context["rows"]) == 4


def test_a_role_is_granted_and_ended_with_a_reason(cast, login, person, address):
    client = login("security_admin")
    answer = client.post(
        address, {"act": "grant", "organisation": "西区市场监管局", "role": "leader", "reason": "兼任"}, follow=True
    )
    assert "已授予" in answer.content.decode()
    made = Membership.objects.unscoped("test").get(user=person, role="leader")
    assert (
        "请填写终止的理由"
        in client.post(address, {"act": "end", "membership": made.pk, "reason": ""}, follow=True).content.decode()
    )
    client.post(address, {"act": "end", "membership": made.pk, "reason": "任期届满"})
    made.refresh_from_db()
    assert made.ended_at is not None
    assert [e.reason for e in Entry.objects.about(made)] == ["兼任", "任期届满"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"organisation": "没有这个局", "role": "officer"}, "没有这个单位"),
        ({"organisation": "江省市场监管局", "role": "officer"}, "没有这个单位"),
        ({"organisation": "甲精密机械有限公司", "role": "officer"}, "没有这个角色"),
    ],
)
def test_it_rejects_a_role_that_makes_no_sense(cast, login, address, fields, said):
    answer = login("security_admin").post(address, {"act": "grant", **fields})
    assert said in answer.content.decode()


def test_ended_memberships_lose_access_at_once(cast, login, address):
    theirs, client = login("district_officer"), login("security_admin")
    assert theirs.get("/directory/enterprises/").status_code == 200
    membership = cast.memberships["district_officer"]
    client.post(address, {"act": "end", "membership": membership.pk, "reason": "调离"})
    assert theirs.get("/directory/enterprises/").status_code == 403


def test_disabled_people_lose_access_at_once(cast, login, person, address):
    theirs, client = login("district_officer"), login("system_admin")
    assert theirs.get("/desk/").status_code == 200
    assert "请填写理由" in client.post(address, {"act": "disable", "reason": ""}, follow=True).content.decode()
    client.post(address, {"act": "disable", "reason": "离职"})
    assert theirs.get("/desk/").status_code == 302  # to the login
    answer = Client().post("/accounts/login/", {"login": person.username, "password": "Correct-Horse-9"})
    assert answer.headers["Location"] == "/accounts/inactive/"
    client.post(address, {"act": "enable", "reason": "返岗"})
    assert (
        Client().post("/accounts/login/", {"login": person.username, "password": "Correct-Horse-9"}).headers["Location"]
        == "/desk/"
    )


def test_the_two_administrators_cannot_do_each_others_acts(cast, login, person, address):
    membership = cast.memberships["district_officer"]
    system, security = login("system_admin"), login("security_admin")
    for act in ({"act": "disable", "reason": "x"}, {"act": "enable", "reason": "x"}):
        assert security.post(address, act).status_code == 403
    for act in (
        {"act": "end", "membership": membership.pk, "reason": "x"},
        {"act": "grant", "organisation": "西区市场监管局", "role": "officer"},
        {"act": "reset", "reason": "x"},
        {"act": "factor", "reason": "x"},
        {"act": "unlock"},
    ):
        assert system.post(address, act).status_code in (200, 403), act
    assert Membership.objects.unscoped("test").current().filter(user=person).count() == 1
    assert not Entry.objects.filter(verb__in=("reset_link_issued", "unlocked")).exists()


def test_somebody_with_a_role_above_is_out_of_reach(cast, login, person, address, at):
    grant(user=person, organisation=cast.province_bureau, role="officer", actor=system_actor("测试"), at=at)
    assert "上级管理员" in login("system_admin").get(address).content.decode()
    assert login("system_admin").post(address, {"act": "disable", "reason": "x"}).status_code == 403
    assert login("security_admin").post(address, {"act": "reset", "reason": "x"}).status_code == 403


def reset_link(client, address):
    page = client.post(address, {"act": "reset", "reason": "电话核实"})
    assert page.headers["Cache-Control"] == "no-store"
    return re.search(r"/accounts/password/reset/key/[^<\"\s]+", page.content.decode())[0]


def test_a_reset_link_works_once(cast, login, person, address):
    link = reset_link(login("security_admin"), address)
    browser = Client()
    form = browser.get(link, follow=True)
    target = form.redirect_chain[-1][0]
    new = {"password1": "Another-Horse-7", "password2": "Another-Horse-7"}
    assert browser.post(target, new).headers["Location"] == "/accounts/password/reset/key/done/"
    assert User.objects.get(pk=person.pk).check_password("Another-Horse-7")
    assert "链接已失效" in Client().get(link, follow=True).content.decode()
    verbs = list(Entry.objects.about(person).values_list("verb", flat=True))
    assert verbs == ["reset_link_issued", "password_reset"]


def test_a_reset_ends_other_sessions(cast, login, person, address):
    theirs, link = login("district_officer"), reset_link(login("security_admin"), address)
    browser = Client()
    target = browser.get(link, follow=True).redirect_chain[-1][0]
    browser.post(target, {"password1": "Another-Horse-7", "password2": "Another-Horse-7"})
    assert theirs.get("/desk/").status_code == 302


def test_a_reset_link_stops_with_the_next_login(cast, login, person, address, settings):
    link = reset_link(login("security_admin"), address)
    Client().post("/accounts/login/", {"login": person.username, "password": "Correct-Horse-9"})
    assert "链接已失效" in Client().get(link, follow=True).content.decode()


@pytest.mark.parametrize("who", ["auditor", "system_admin"])
@pytest.mark.parametrize("act", ["reset", "factor"])
def test_no_administrator_resets_another(cast, login, who, act):
    user = cast.memberships[who].user
    answer = login("security_admin").post(f"/directory/people/{user.pk}/", {"act": act, "reason": "x"})
    assert answer.status_code == 403
    assert "运维人员" in answer.content.decode()


def test_a_lost_second_factor_is_taken_off(cast, login, person, address):
    Authenticator.objects.create(user=person, type="totp", data={})
    client = login("security_admin")
    assert "解除二次验证" in client.get(address).content.decode()
    client.post(address, {"act": "factor", "reason": "手机遗失，当面核实"})
    assert not Authenticator.objects.filter(user=person).exists()
    assert Entry.objects.about(person).last().verb == "second_factor_removed"
    assert "没有启用" in client.post(address, {"act": "factor", "reason": "x"}, follow=True).content.decode()


def test_an_unknown_act_is_404(login, address):
    assert login("security_admin").post(address, {"act": "oops"}).status_code == 404
    assert login("security_admin").post(address, {"act": "end", "membership": "9999"}).status_code == 404
