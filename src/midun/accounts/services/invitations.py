"""Inviting a person into a role: a link with an end, good for one use; only its digest is stored."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localtime

from midun.accounts import mailing
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor, system_actor
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Invitation, Membership, Organisation, User
from midun.kernel.orgs.services import NotPossible, Refused, grant
from midun.kernel.orgs.services.memberships import require_may_assign
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb

OPEN_FOR = timedelta(days=7)


class InvitationProblem(NotPossible):
    """The invitation cannot be made, revoked or accepted."""


@dataclass(frozen=True)
class Invitee:
    """The person who is to come."""

    name: str
    email: str = ""
    phone: str = ""


@transaction.atomic
def invite(
    *, invitee: Invitee, organisation: Organisation, role: str, actor: Actor, at: datetime
) -> tuple[Invitation, str]:
    """Offer a role to a person; returns the invitation and the link to hand over, which is shown once.

    Where mail is set up and an address is given, the link is sent as well. Raises `Refused`, `MembershipProblem`,
    `InvitationProblem`.
    """
    require_may_assign(actor, organisation, role)
    if organisation.closed_on:
        raise InvitationProblem(f"“{organisation}”已撤销或注销，不能邀请")
    same = (
        Invitation.objects.unscoped("one open invitation")
        .open(at)
        .filter(organisation=organisation, role=role, name=invitee.name)
    )
    if same.exists():
        raise InvitationProblem(f"“{invitee.name}”已有一份未使用的邀请；链接遗失的，请先撤回再重新邀请")
    token = secrets.token_urlsafe(32)
    invitation: Invitation = Invitation.objects.create(
        name=invitee.name,
        email=invitee.email,
        phone=invitee.phone,
        organisation=organisation,
        role=role,
        token_digest=_digest(token),
        invited_by_id=actor.user_id,
        invited_at=at,
        expires_at=at + OPEN_FOR,
    )
    after = {"organisation": organisation.pk, "role": role, "expires_at": invitation.expires_at.isoformat()}
    record(actor=actor, verb=Verb.INVITED, target=invitation, at=at, after=after)
    link = f"{settings.MIDUN_BASE_URL}{reverse('accounts:join', args=[token])}"
    if invitee.email and settings.MIDUN_EMAIL_NOTICES:
        mailing.post(_mail(invitation, link))
    return invitation, link


@transaction.atomic
def revoke(*, invitation: Invitation, actor: Actor, at: datetime) -> None:
    """Take an open invitation back. Raises `Refused`, `InvitationProblem`."""
    require_may_assign(actor, invitation.organisation, invitation.role)
    open_one = Invitation.objects.unscoped("revoke once").open(at).filter(pk=invitation.pk)
    if not open_one.update(revoked_at=at):
        raise InvitationProblem("该邀请已使用、已撤回或已过期")
    record(actor=actor, verb=Verb.INVITATION_REVOKED, target=invitation, at=at)


def find(token: str, at: datetime) -> Invitation | None:
    """The open invitation that a link means; None for a wrong, used, revoked or late one, without saying which."""
    known = Invitation.objects.unscoped("the token is the right to see it").open(at).filter(token_digest=_digest(token))
    found: Invitation | None = known.select_related("organisation__jurisdiction", "invited_by").first()
    if found is None or found.organisation.closed_on:
        return None
    return found


@transaction.atomic
def accept_as_new(*, token: str, username: str, password: str, at: datetime) -> User:
    """Make an account for the invited person and give it the role. Raises `InvitationProblem`, `MembershipProblem`.

    Name and rules of username and password are the form's matter.
    """
    invitation = _claim(token, at)
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                username=username,
                password=password,
                name=invitation.name,
                email=invitation.email,
                phone=invitation.phone,
            )
    except IntegrityError as taken:
        raise InvitationProblem("该登录名刚被他人使用，请换一个") from taken
    _complete(invitation, user, at)
    return user


@transaction.atomic
def accept_as(*, token: str, user: User, at: datetime) -> None:
    """Give the role to somebody who has an account already. Raises `InvitationProblem`, `MembershipProblem`."""
    invitation = _claim(token, at)
    if invitation.invited_by_id == user.pk:
        raise InvitationProblem("不能接受自己发出的邀请")
    _complete(invitation, user, at)


def _claim(token: str, at: datetime) -> Invitation:
    """Take the invitation for use: of two who use the same link at once, one wins."""
    rows = Invitation.objects.unscoped("accept once").select_for_update(of=("self",))
    known = rows.open(at).filter(token_digest=_digest(token)).select_related("organisation__jurisdiction", "invited_by")
    invitation: Invitation | None = known.first()
    if invitation is None:
        raise InvitationProblem("邀请链接无效、已使用或已过期，请联系邀请人重新邀请")
    return invitation


def _complete(invitation: Invitation, user: User, at: datetime) -> None:
    invitation.accepted_at, invitation.accepted_by = at, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    membership = grant(
        user=user,
        organisation=invitation.organisation,
        role=invitation.role,
        actor=_inviter(invitation),
        at=at,
        reason=f"接受邀请 {invitation.pk}",
    )
    record(
        actor=Actor(user_id=user.pk, user_name=str(user), path=invitation.organisation.jurisdiction.path),
        verb=Verb.INVITATION_ACCEPTED,
        target=invitation,
        at=at,
        after={"user": user.pk, "username": user.username, "membership": membership.pk},
    )
    _tell_inviter(invitation, user, at)


def _inviter(invitation: Invitation) -> Actor:
    """Who grants by this invitation: the inviter, who must still hold the right; what a dismissed one left is void."""
    if invitation.invited_by_id is None:
        return system_actor("命令行")
    theirs = Membership.objects.unscoped("the inviter's rights").current().filter(user_id=invitation.invited_by_id)
    for held in theirs.select_related("user", "organisation__jurisdiction"):
        actor: Actor = held.actor()
        try:
            require_may_assign(actor, invitation.organisation, invitation.role)
        except Refused:
            continue
        return actor
    raise InvitationProblem("邀请人已无权授予该身份，请联系本单位现任安全管理员重新邀请")


def _tell_inviter(invitation: Invitation, user: User, at: datetime) -> None:
    if invitation.invited_by_id is None:
        return
    theirs = Membership.objects.unscoped("tell the inviter").current().filter(user_id=invitation.invited_by_id)
    text = f"{user}已接受邀请，成为{invitation.organisation.label}的{Role(invitation.role).label}"
    url = reverse("accounts:invitations")
    send(kind=Notice.Kind.RESULT, to=theirs[:1], text=text, url=url, key=f"invitation:{invitation.pk}", at=at)


def _mail(invitation: Invitation, link: str) -> EmailMessage:
    until = localtime(invitation.expires_at)
    text = (
        f"{invitation.name}：\n\n{invitation.organisation}邀请您以“{Role(invitation.role).label}”的身份使用秘盾"
        f"（企业商业秘密保护公共服务平台）。请打开以下链接设置登录名和密码，链接只能使用一次，"
        f"{until:%Y年%m月%d日 %H:%M} 前有效：\n\n{link}\n\n如非本人，请忽略本邮件。\n"
    )
    return EmailMessage(f"【秘盾】{invitation.organisation.label}的邀请", text, None, [invitation.email])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
