"""Two people at once: an invitation is used once, nobody ends up with two administrators' roles."""

import pytest

from midun.accounts.services import invitations as inviting
from midun.accounts.services.invitations import InvitationProblem, Invitee
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.models import Membership, User
from midun.kernel.orgs.services import MembershipProblem, end, grant
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import verify
from tests.threads import split, together

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_invitation_is_used_once(cast, at):
    _, link = inviting.invite(
        invitee=Invitee("新人"),
        organisation=cast.east_bureau,
        role="officer",
        actor=cast.actor("security_admin"),
        at=at,
    )
    token = link.rstrip("/").rsplit("/", 1)[1]
    found = together(
        *(
            lambda name=name: inviting.accept_as_new(token=token, username=name, password="Brand-New-1", at=at)
            for name in ("one", "two", "three")
        )
    )
    won, told = split(found, InvitationProblem)
    assert (len(won), len(told)) == (1, 2)
    assert User.objects.filter(username__in=("one", "two", "three")).count() == 1
    assert list(verify()) == []


def test_two_administrators_roles_at_once_leave_one(cast, at):
    user = User.objects.create_user(username="newcomer", password="Correct-Horse-9", name="新人")
    found = together(
        *(
            lambda role=role: grant(
                user=user, organisation=cast.city_bureau, role=role, actor=system_actor("测试"), at=at
            )
            for role in ("system_admin", "auditor")
        )
    )
    won, told = split(found, MembershipProblem)
    assert (len(won), len(told)) == (1, 1)
    assert Membership.objects.unscoped("test").filter(user=user).count() == 1


def test_a_membership_is_ended_once(cast, at):
    member = cast.memberships["district_officer"]
    found = together(
        *(lambda: end(membership=member, reason="调离", actor=system_actor("测试"), at=at) for _ in range(3))
    )
    assert len(split(found, MembershipProblem)[1]) == 2
    assert Entry.objects.filter(verb="membership_ended").count() == 1
