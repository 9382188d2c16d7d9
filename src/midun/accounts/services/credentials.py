"""Getting a person back in: one-time links to set a password, taking off a lost second factor.

The security administrator does it for everybody in the subtree but administrators: who could reset the auditor's
password could act as the auditor. Administrators are helped at the server's command line (`reset_access`).
"""

from datetime import datetime

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from midun.accounts.secondfactor import is_administrator
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import User
from midun.kernel.orgs.services import NotPossible, Refused, require
from midun.kernel.orgs.services.accounts import require_reach
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


class CredentialProblem(NotPossible):
    """The account is not in the state for this."""


@transaction.atomic
def issue_reset_link(*, user: User, reason: str, actor: Actor, at: datetime) -> str:
    """A link with which the person sets a new password once, within a day. Raises `Refused`, `CredentialProblem`.

    Nothing of it is stored: it stops working when the password changes or the person logs in.
    """
    _require(user, reason, actor)
    if not user.is_active:
        raise CredentialProblem(f"账号“{user}”已停用，请先由系统管理员启用")
    record(actor=actor, verb=Verb.RESET_LINK_ISSUED, target=user, at=at, reason=reason)
    key = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return f"{settings.MIDUN_BASE_URL}{path}"


@transaction.atomic
def remove_second_factor(*, user: User, reason: str, actor: Actor, at: datetime) -> None:
    """Take off a second factor whose device is lost, with its recovery codes. Raises `Refused`, `CredentialProblem`."""
    _require(user, reason, actor)
    held = Authenticator.objects.filter(user=user)
    if not held.exists():
        raise CredentialProblem(f"“{user}”没有启用二次验证")
    held.delete()
    record(actor=actor, verb=Verb.SECOND_FACTOR_REMOVED, target=user, at=at, reason=reason)


def _require(user: User, reason: str, actor: Actor) -> None:
    require(actor, Permission.UNLOCK_USERS)
    require_reach(user, actor)
    if actor.user_id is not None and is_administrator(user):
        raise Refused(
            "管理员的密码和二次验证不能由另一名管理员重置，请由运维人员在服务器上办理（midun admin reset_access）"
        )
    if not reason.strip():
        raise CredentialProblem("请填写理由，例如核实身份的方式")
