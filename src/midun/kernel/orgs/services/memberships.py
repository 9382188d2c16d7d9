"""Giving and ending the roles in which people act."""

from datetime import datetime

from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ADMIN_ROLES, OWN_PEOPLE_ROLES, PERMISSIONS, ROLES_OF, Permission, Role
from midun.kernel.orgs.models import Membership, Organisation, User
from midun.kernel.orgs.services.rights import NotPossible, Refused, require_within
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


class MembershipProblem(NotPossible):
    """The membership would contradict the rules of the house."""


def require_may_assign(actor: Actor, organisation: Organisation, role: str) -> None:
    """Who may give or take which role where.

    The security administrator in the own subtree; an enterprise's administrator its confidentiality officer and
    liaison. Raises `Refused`, `MembershipProblem` when the role does not exist in that kind of organisation.
    """
    if Role(role) not in ROLES_OF[organisation.kind]:
        raise MembershipProblem(f"{organisation.get_kind_display()}没有“{Role(role).label}”这个角色")
    if actor.may(Permission.GRANT_ROLES) or actor.user_id is None:
        require_within(actor, organisation.jurisdiction.path)
        return
    own = actor.may(Permission.MANAGE_OWN_PEOPLE) and organisation.pk == actor.organisation_id
    if not own or Role(role) not in OWN_PEOPLE_ROLES:
        raise Refused(f"当前身份不能授予或终止“{Role(role).label}”")


@transaction.atomic
def grant(
    *, user: User, organisation: Organisation, role: str, actor: Actor, at: datetime, reason: str = ""
) -> Membership:
    """Give a user a role in an organisation. Granting what is already held changes nothing.

    Nobody grants to themselves, and nobody holds two of the three administrators' roles (the database refuses it as
    well). Raises `Refused`, `MembershipProblem`.
    """
    require_may_assign(actor, organisation, role)
    if actor.user_id is not None and actor.user_id == user.pk:
        raise Refused("不能给自己授予身份，请由其他安全管理员办理")
    User.objects.select_for_update().get(pk=user.pk)
    theirs = Membership.objects.unscoped("grant").filter(user=user, ended_at__isnull=True)
    existing: Membership | None = theirs.filter(organisation=organisation, role=role).first()
    if existing:
        return existing
    if not user.is_active:
        raise MembershipProblem(f"账号“{user}”已停用，不能授予身份")
    if organisation.closed_on:
        raise MembershipProblem(f"“{organisation}”已撤销或注销，不能授予身份")
    if role in ADMIN_ROLES and (held := theirs.filter(role__in=ADMIN_ROLES).first()):
        raise MembershipProblem(f"“{user}”已是{held.get_role_display()}，三名管理员不能由同一人兼任")
    membership: Membership = Membership.objects.create(user=user, organisation=organisation, role=role, granted_at=at)
    after = {"user": user.pk, "organisation": organisation.pk, "role": role}
    record(actor=actor, verb=Verb.MEMBERSHIP_GRANTED, target=membership, at=at, after=after, reason=reason)
    return membership


@transaction.atomic
def end(*, membership: Membership, reason: str, actor: Actor, at: datetime) -> None:
    """End a membership; the person loses that access with the next request.

    The last of each of the three administrators stays: without a security administrator nobody could grant a role any
    more, without an auditor nobody would see it. Raises `Refused`, `MembershipProblem`.
    """
    require_may_assign(actor, membership.organisation, membership.role)
    if not reason.strip():
        raise MembershipProblem("请填写终止的理由")
    if actor.user_id is not None and actor.user_id == membership.user_id:
        raise Refused("不能终止自己的身份，请由其他安全管理员办理")
    rows = Membership.objects.unscoped("end once").select_for_update()
    now: Membership = rows.select_related("user", "organisation").get(pk=membership.pk)
    if now.ended_at:
        raise MembershipProblem("该身份已经终止")
    if now.role in ADMIN_ROLES:
        others = Membership.objects.unscoped("the last one stays").current().filter(role=now.role)
        if not others.exclude(pk=now.pk).exists():
            raise MembershipProblem(f"这是平台唯一的{now.get_role_display()}，请先授予另一人再终止")
    now.ended_at = at
    now.save(update_fields=["ended_at"])
    before = {"user": now.user_id, "organisation": now.organisation_id, "role": now.role}
    record(actor=actor, verb=Verb.MEMBERSHIP_ENDED, target=now, at=at, before=before, reason=reason)


def people_with(permission: Permission, *, path: str) -> list[Membership]:
    """Current memberships at exactly the node `path` whose role carries `permission` (whom to notify)."""
    roles = [role.value for role, rights in PERMISSIONS.items() if permission in rights]
    current = Membership.objects.unscoped("whom to notify").current()
    found = current.filter(role__in=roles, organisation__jurisdiction__path=path)
    return list(found.select_related("user", "organisation__jurisdiction"))
