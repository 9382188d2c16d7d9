"""Lists of people, and inviting them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from midun.accounts.forms.people import InviteForm, MemberFilter
from midun.accounts.services import invitations as inviting
from midun.accounts.services.invitations import Invitee
from midun.kernel.orgs.enums import Permission, Role
from midun.kernel.orgs.models import Invitation, Membership
from midun.kernel.orgs.services import NotPossible, end
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page, require_any


def _state(member: Membership) -> str:
    if member.ended_at:
        return "已终止"
    return "在任" if member.user.is_active else "账号停用"


PEOPLE = Listing(
    "people",
    "人员与身份",
    (
        ListColumn("姓名", "user.name", link=lambda m: f"/directory/people/{m.user_id}/"),
        ListColumn("登录名", "user.username"),
        ListColumn("单位", "organisation.name", wide=True),
        ListColumn("角色", "get_role_display", kind="badge", colour=lambda _m: "blue"),
        ListColumn("授予时间", "granted_at", kind="datetime", phone=False),
        ListColumn("上次登录", "user.last_login", kind="datetime", phone=False),
        ListColumn("状态", _state, kind="badge", colour=lambda m: "green" if _state(m) == "在任" else "secondary"),
    ),
    MemberFilter,
    empty="没有人员",
    empty_hint="邀请的人接受邀请之后出现在这里",
)


@page(writes=True)
def people(request: PageRequest) -> HttpResponse:
    """Memberships in the administrator's subtree."""
    require_any(request, Permission.GRANT_ROLES, Permission.MANAGE_USERS)
    found = Membership.objects.visible_to(request.actor).select_related("user", "organisation")
    buttons = []
    if request.actor.may(Permission.GRANT_ROLES):
        buttons = [
            ("邀请人员", "/directory/invitations/new/", "user-plus"),
            ("邀请记录", "/directory/invitations/", "mail"),
        ]
    return PEOPLE.respond(request, found.order_by("organisation__jurisdiction__path", "pk"), buttons=buttons)


def _invitation_state(invitation: Invitation, request: PageRequest) -> tuple[str, str]:
    if invitation.accepted_at:
        return "已接受", "green"
    if invitation.revoked_at:
        return "已撤回", "secondary"
    return ("待接受", "blue") if invitation.expires_at > request.at else ("已过期", "orange")


@page()
def invitations(request: PageRequest) -> HttpResponse:
    """Invitations in the actor's reach, newest first."""
    require_any(request, Permission.GRANT_ROLES, Permission.MANAGE_OWN_PEOPLE)
    found = Invitation.objects.visible_to(request.actor).select_related("organisation", "invited_by", "accepted_by")
    rows = [(invitation, *_invitation_state(invitation, request)) for invitation in found[:200]]
    return render(request, "accounts/invitations.html", {"rows": rows})


@page(writes=True)
def invitation_new(request: PageRequest) -> HttpResponse:
    """Invite a person; the link is shown once, in the answer."""
    require_any(request, Permission.GRANT_ROLES, Permission.MANAGE_OWN_PEOPLE)
    form = InviteForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        invitee = Invitee(data["name"], data["email"], data["phone"])
        try:
            made, link = inviting.invite(
                invitee=invitee,
                organisation=data["organisation"],
                role=data["role"],
                actor=request.actor,
                at=request.at,
            )
        except NotPossible as problem:
            form.add_error(None, str(problem))
        else:
            return _once(request, "accounts/invited.html", {"invitation": made, "link": link})
    return render(request, "accounts/invite.html", {"form": form})


def _once(request: PageRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """An answer that holds a secret: no cache keeps it."""
    answer = render(request, template, context)
    answer["Cache-Control"] = "no-store"
    return answer


@page(writes=True)
def invitation_revoke(request: PageRequest, number: int) -> HttpResponse:
    """Take an invitation back."""
    require_any(request, Permission.GRANT_ROLES, Permission.MANAGE_OWN_PEOPLE)
    known = Invitation.objects.visible_to(request.actor).select_related("organisation__jurisdiction")
    found = get_object_or_404(known, pk=number)
    if request.method == "POST":
        try:
            inviting.revoke(invitation=found, actor=request.actor, at=request.at)
        except NotPossible as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, f"已撤回对“{found.name}”的邀请")
    return redirect("accounts:invitations")


@page(Permission.MANAGE_OWN_PEOPLE, writes=True)
def own_people(request: PageRequest) -> HttpResponse:
    """The people of one's own enterprise; POST ends a membership."""
    known = Membership.objects.visible_to(request.actor).current().select_related("user", "organisation__jurisdiction")
    if request.method == "POST":
        number = request.POST.get("membership", "")
        found = get_object_or_404(known, pk=number if number.isdigit() else 0)
        try:
            end(membership=found, reason=request.POST.get("reason", ""), actor=request.actor, at=request.at)
        except NotPossible as problem:
            messages.error(request, str(problem))
        else:
            messages.success(request, f"已终止“{found.user}”的{Role(found.role).label}身份")
        return redirect("accounts:own-people")
    return render(request, "accounts/own_people.html", {"members": known.order_by("role", "granted_at")})
