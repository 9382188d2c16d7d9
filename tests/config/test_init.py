"""`midun init` and the operator's help for administrators."""

import io
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client

from midun.kernel.orgs.models import DivisionCode, Jurisdiction, Membership, Organisation
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import verify

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def links(text, path):
    return re.findall(rf"{path}[^\s]+", text)


def test_a_province_is_founded_and_three_people_come_in():
    out = run("init", "--province", "310000", "--system-admin", "张三", "--security-admin", "李四", "--auditor", "王五")
    assert "已建立 18 个辖区，管理员属于“上海市市场监督管理局”" in out
    nodes = Jurisdiction.objects.unscoped("test")
    assert nodes.get(division_code="310115").parent.division_code == "310000"
    bureau = Organisation.objects.unscoped("test").get(jurisdiction__division_code="310115")
    assert bureau.name == "上海市浦东新区市场监督管理局"
    assert DivisionCode.objects.unscoped("test").count() > 3000
    for number, link in enumerate(links(out, "/directory/join/")):
        secret = "Brand-New-Horse-1"
        fields = {"username": f"admin{number}", "password": secret, "again": secret}
        assert Client().post(link, fields).status_code == 302
    held = Membership.objects.unscoped("test").current().values_list("role", "user__name")
    assert set(held) == {("system_admin", "张三"), ("security_admin", "李四"), ("auditor", "王五")}
    assert list(verify()) == []


def test_the_nation_is_founded_without_provinces():
    assert "已建立 1 个辖区，管理员属于“国家市场监督管理总局”" in run("init")


def test_cities_have_their_counties():
    run("init", "--province", "640000")
    nodes = Jurisdiction.objects.unscoped("test")
    assert nodes.get(name="兴庆区").parent.name == "银川市"
    names = set(Organisation.objects.unscoped("test").values_list("name", flat=True))
    assert {"银川市兴庆区市场监督管理局", "永宁县市场监督管理局", "灵武市市场监督管理局"} <= names


def test_it_is_done_once():
    run("init")
    with pytest.raises(CommandError, match="已经初始化过"):
        run("init")


@pytest.mark.parametrize("code", ["310115", "999999", "330100"])
def test_it_rejects_what_is_no_province(code):
    with pytest.raises(CommandError):
        run("init", "--province", code)
    assert not Jurisdiction.objects.unscoped("test").exists()


def test_the_operator_helps_an_administrator(cast):
    user = cast.memberships["auditor"].user
    Authenticator.objects.create(user=user, type="totp", data={})
    out = run("reset_access", "auditor", "--reason", "当面核实", "--second-factor")
    (link,) = links(out, "/accounts/password/reset/key/")
    browser = Client()
    target = browser.get(link, follow=True).redirect_chain[-1][0]
    browser.post(target, {"password1": "Another-Horse-7", "password2": "Another-Horse-7"})
    user.refresh_from_db()
    assert user.check_password("Another-Horse-7")
    verbs = list(Entry.objects.about(user).values_list("verb", "user_name", "reason"))
    assert verbs[:2] == [
        ("second_factor_removed", "命令行", "当面核实"),
        ("reset_link_issued", "命令行", "当面核实"),
    ]


def test_it_rejects_an_unknown_name(cast):
    with pytest.raises(CommandError, match="没有登录名"):
        run("reset_access", "nobody", "--reason", "x")
