"""Disabling and enabling accounts; who may touch whose."""

import pytest

from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.models import User
from midun.kernel.orgs.services import AccountProblem, Refused, disable_user, enable_user, end, grant, within_reach
from midun.kernel.trail.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(cast):
    return cast.memberships["district_officer"].user


def test_it_works_and_is_in_the_trail(cast, person, at):
    admin = cast.actor("system_admin")
    disable_user(user=person, reason="离职", actor=admin, at=at)
    assert not User.objects.get(pk=person.pk).is_active
    with pytest.raises(AccountProblem, match="已经停用"):
        disable_user(user=person, reason="离职", actor=admin, at=at)
    enable_user(user=person, reason="返岗", actor=admin, at=at)
    assert [(e.verb, e.reason) for e in Entry.objects.about(person)] == [
        ("user_disabled", "离职"),
        ("user_enabled", "返岗"),
    ]


@pytest.mark.parametrize("who", ["security_admin", "auditor", "city_officer"])
def test_other_role_is_refused(cast, person, at, who):
    with pytest.raises(Refused):
        disable_user(user=person, reason="x", actor=cast.actor(who), at=at)


def test_it_rejects_without_a_reason(cast, person, at):
    with pytest.raises(AccountProblem, match="理由"):
        disable_user(user=person, reason="", actor=cast.actor("system_admin"), at=at)


def test_nobody_disables_themselves(cast, at):
    admin = cast.memberships["system_admin"]
    with pytest.raises(Refused, match="自己"):
        disable_user(user=admin.user, reason="x", actor=admin.actor(), at=at)


def test_somebody_who_also_works_above_is_out_of_reach(cast, person, at):
    founder = system_actor("测试")
    above = grant(user=person, organisation=cast.province_bureau, role="officer", actor=founder, at=at)
    assert not within_reach(person, cast.actor("system_admin"))
    with pytest.raises(Refused, match="上级管理员"):
        disable_user(user=person, reason="x", actor=cast.actor("system_admin"), at=at)
    end(membership=above, reason="x", actor=founder, at=at)
    assert within_reach(person, cast.actor("system_admin"))


def test_one_without_any_role_belongs_to_those_who_knew_them(cast, at):
    member = cast.memberships["district_officer"]
    end(membership=member, reason="调离", actor=system_actor("测试"), at=at)
    assert within_reach(member.user, cast.actor("system_admin"))
    stranger = User.objects.create_user(username="stranger", password="Correct-Horse-9", name="外人")
    assert not within_reach(stranger, cast.actor("system_admin"))


@pytest.mark.parametrize("who", ["security_admin", "auditor"])
def test_the_last_of_each_administrator_stays(cast, at, who):
    with pytest.raises(AccountProblem, match="唯一的"):
        disable_user(user=cast.memberships[who].user, reason="x", actor=cast.actor("system_admin"), at=at)
