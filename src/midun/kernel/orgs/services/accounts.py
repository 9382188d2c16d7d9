"""Accounts: disabling and enabling the login of a person."""

from datetime import datetime

from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ADMIN_ROLES, Permission, Role
from midun.kernel.orgs.models import Membership, User
from midun.kernel.orgs.services.rights import NotPossible, Refused, require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


class AccountProblem(NotPossible):
    """The account is not in the state for this."""


def within_reach(user: User, actor: Actor) -> bool:
    """Whether all the memberships of `user` lie in the actor's subtree.

    An administrator of a district must not disable or reset the account of somebody who also works for the city.
    """
    if actor.user_id is None:
        return True
    held = Membership.objects.unscoped("whole reach of an account").filter(user=user, ended_at__isnull=True)
    paths = list(held.values_list("organisation__jurisdiction__path", flat=True))
    if not paths:
        past = Membership.objects.visible_to(actor).filter(user=user)
        return past.exists()
    return all(actor.covers(path) for path in paths)


def require_reach(user: User, actor: Actor) -> None:
    """Raise `Refused` unless the account lies wholly in the actor's subtree and is not the actor's own."""
    if actor.user_id == user.pk:
        raise Refused("不能对自己的账号这样做，请由其他管理员办理")
    if not within_reach(user, actor):
        raise Refused(f"“{user}”在本辖区之外还有身份，请由上级管理员办理")


@transaction.atomic
def disable_user(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    """Disable an account: open sessions end with their next request. Raises `Refused`, `AccountProblem`."""
    _switch(user=user, active=False, reason=reason, actor=actor, at=at)


@transaction.atomic
def enable_user(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    """Enable a disabled account again. Raises `Refused`, `AccountProblem`."""
    _switch(user=user, active=True, reason=reason, actor=actor, at=at)


def _switch(*, user: User, active: bool, reason: str, actor: Actor, at: datetime) -> None:
    require(actor, Permission.MANAGE_USERS)
    require_reach(user, actor)
    if not reason.strip():
        raise AccountProblem("请填写理由")
    now = User.objects.select_for_update().get(pk=user.pk)
    if now.is_active == active:
        raise AccountProblem(f"账号“{now}”已经{'启用' if active else '停用'}")
    if not active:
        _keep_the_three(now)
    now.is_active = active
    now.save(update_fields=["is_active"])
    verb = Verb.USER_ENABLED if active else Verb.USER_DISABLED
    before, after = {"is_active": not active}, {"is_active": active}
    record(actor=actor, verb=verb, target=now, at=at, before=before, after=after, reason=reason)


def _keep_the_three(user: User) -> None:
    for role in sorted(ADMIN_ROLES):
        able = Membership.objects.unscoped("the last one stays").current().filter(role=role)
        if able.filter(user=user).exists() and not able.exclude(user=user).exists():
            raise AccountProblem(f"这是平台唯一的{Role(role).label}，不能停用，请先授予另一人")
