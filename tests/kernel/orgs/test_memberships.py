"""Roles are given and taken with a reason, never to oneself; the three administrators are three people."""

import pytest
from django.db import IntegrityError, transaction

from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import ADMIN_ROLES, ENTERPRISE_ROLES, ROLES_OF, OrganisationKind, Permission, Role
from midun.kernel.orgs.models import Membership, User
from midun.kernel.orgs.services import MembershipProblem, Refused, end, grant, people_with
from midun.kernel.trail.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(db):
    return User.objects.create_user(username="newcomer", password="Correct-Horse-9", name="新人")


def test_it_works(cast, newcomer, at):
    made = grant(
        user=newcomer,
        organisation=cast.east_bureau,
        role="officer",
        reason="新任",
        actor=cast.actor("security_admin"),
        at=at,
    )
    assert made.actor().path == cast.east.path
    entry = Entry.objects.about(made).get()
    assert (entry.verb, entry.reason) == ("membership_granted", "新任")


def test_granting_what_is_held_changes_nothing(cast, at):
    held = cast.memberships["district_officer"]
    again = grant(
        user=held.user, organisation=held.organisation, role=held.role, actor=cast.actor("security_admin"), at=at
    )
    assert again == held


@pytest.mark.parametrize("who", ["system_admin", "auditor", "city_leader", "city_officer", "enterprise_admin"])
def test_other_role_is_refused(cast, newcomer, at, who):
    with pytest.raises(Refused):
        grant(user=newcomer, organisation=cast.east_bureau, role="officer", actor=cast.actor(who), at=at)
    with pytest.raises(Refused):
        end(membership=cast.memberships["district_officer"], reason="x", actor=cast.actor(who), at=at)


def test_outside_the_own_subtree_is_refused(cast, newcomer, at):
    with pytest.raises(Refused):
        grant(
            user=newcomer,
            organisation=cast.province_bureau,
            role="officer",
            actor=cast.actor("security_admin"),
            at=at,
        )


def test_nobody_grants_to_themselves(cast, at):
    admin = cast.memberships["security_admin"]
    with pytest.raises(Refused, match="不能给自己"):
        grant(user=admin.user, organisation=cast.city_bureau, role="officer", actor=admin.actor(), at=at)
    with pytest.raises(Refused, match="不能终止自己"):
        end(membership=admin, reason="x", actor=admin.actor(), at=at)


@pytest.mark.parametrize("second", sorted(ADMIN_ROLES))
@pytest.mark.parametrize("first", ["system_admin", "auditor"])
def test_nobody_holds_two_of_the_three(cast, at, first, second):
    user = cast.memberships[first].user
    if first == second:
        return
    with pytest.raises(MembershipProblem, match="不能由同一人兼任"):
        grant(user=user, organisation=cast.city_bureau, role=second, actor=cast.actor("security_admin"), at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=user, organisation=cast.east_bureau, role=second, granted_at=at)


def test_an_administrator_who_stopped_may_become_another(cast, newcomer, at):
    auditor, admin = cast.memberships["auditor"], cast.actor("security_admin")
    grant(user=newcomer, organisation=cast.city_bureau, role="auditor", actor=admin, at=at)
    end(membership=auditor, reason="轮岗", actor=admin, at=at)
    grant(user=auditor.user, organisation=cast.city_bureau, role="system_admin", actor=admin, at=at)


@pytest.mark.parametrize("role", sorted(ADMIN_ROLES))
def test_the_last_of_each_administrator_stays(cast, newcomer, at, role):
    founder = system_actor("测试")
    with pytest.raises(MembershipProblem, match="唯一的"):
        end(membership=cast.memberships[role], reason="x", actor=founder, at=at)
    grant(user=newcomer, organisation=cast.city_bureau, role=role, actor=founder, at=at)
    end(membership=cast.memberships[role], reason="轮岗", actor=founder, at=at)


def test_it_ends_with_a_reason(cast, at):
    member, admin = cast.memberships["district_officer"], cast.actor("security_admin")
    with pytest.raises(MembershipProblem, match="理由"):
        end(membership=member, reason=" ", actor=admin, at=at)
    end(membership=member, reason="调离", actor=admin, at=at)
    assert not Membership.objects.unscoped("test").current().filter(pk=member.pk).exists()
    entry = Entry.objects.about(member).last()
    assert (entry.verb, entry.reason) == ("membership_ended", "调离")
    with pytest.raises(MembershipProblem, match="已经终止"):
        end(membership=member, reason="调离", actor=admin, at=at)


def test_an_enterprise_administrator_has_own_people_only(cast, newcomer, at):
    admin = cast.actor("enterprise_admin")
    made = grant(user=newcomer, organisation=cast.jia, role="enterprise_liaison", actor=admin, at=at)
    end(membership=made, reason="离职", actor=admin, at=at)
    for organisation, role in ((cast.yi, "enterprise_liaison"), (cast.jia, "enterprise_admin")):
        with pytest.raises(Refused):
            grant(user=newcomer, organisation=organisation, role=role, actor=admin, at=at)


@pytest.mark.parametrize("role", ["officer", "liaison_officer", "leader", "station_staff", "auditor"])
def test_no_role_that_sees_a_subtree_exists_in_an_enterprise(cast, newcomer, at, role):
    with pytest.raises(MembershipProblem, match="没有"):
        grant(user=newcomer, organisation=cast.jia, role=role, actor=system_actor("测试"), at=at)


def test_every_kind_of_organisation_has_roles():
    assert set(ROLES_OF) == set(OrganisationKind)
    assert set().union(*ROLES_OF.values()) == set(Role) - {Role.VISITOR}
    enterprise = ROLES_OF[OrganisationKind.ENTERPRISE]
    assert enterprise == ENTERPRISE_ROLES


def test_a_disabled_person_is_granted_nothing(cast, newcomer, at):
    newcomer.is_active = False
    newcomer.save()
    with pytest.raises(MembershipProblem, match="已停用"):
        grant(user=newcomer, organisation=cast.east_bureau, role="officer", actor=cast.actor("security_admin"), at=at)


def test_whom_to_notify(cast):
    names = {m.user.username for m in people_with(Permission.HANDLE_CLAIM, path=cast.east.path)}
    assert names == {"district_officer", "district_officer_2"}
