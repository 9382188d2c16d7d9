"""One person: memberships, login, and the acts of the system and the security administrator on them."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from midun.accounts.forms.people import GrantForm
from midun.accounts.secondfactor import is_administrator
from midun.accounts.services import credentials, logins
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Membership, User
from midun.kernel.orgs.services import NotPossible, disable_user, enable_user, end, grant, within_reach
from midun.kernel.trail.models import Entry
from midun.kernel.web.page import PageRequest, page, require_any


@page(writes=True)
def person(request: PageRequest, number: int) -> HttpResponse:
    """A person with a membership in the administrator's subtree, past or present."""
    require_any(request, Permission.GRANT_ROLES, Permission.MANAGE_USERS)
    held = Membership.objects.visible_to(request.actor).filter(user_id=number)
    memberships = list(held.select_related("user", "organisation__jurisdiction").order_by("ended_at", "granted_at"))
    if not memberships:
        raise Http404
    user = memberships[0].user
    if request.method == "POST":
        return _act(request, user, memberships)
    return _shown(request, user, memberships, GrantForm(actor=request.actor))


def _shown(
    request: PageRequest, user: User, memberships: list[Membership], form: GrantForm, **more: object
) -> HttpResponse:
    targets = Q(target_type="orgs.user", target_id=str(user.pk)) | Q(
        target_type="orgs.membership", target_id__in=[str(m.pk) for m in memberships]
    )
    quiet = ("logged_in", "logged_out", "membership_switched")
    context = {
        "person": user,
        "members": memberships,
        "form": form,
        "factor": is_mfa_enabled(user),
        "administrator": is_administrator(user),
        "locked_until": logins.locked_name_until(user.username, request.at),
        "reach": within_reach(user, request.actor),
        "own": user.pk == request.actor.user_id,
        "may_grant": request.actor.may(Permission.GRANT_ROLES),
        "may_disable": request.actor.may(Permission.MANAGE_USERS),
        "entries": Entry.objects.filter(targets).exclude(verb__in=quiet).order_by("-seq")[:30],
        **more,
    }
    answer = render(request, "accounts/person.html", context)
    answer["Cache-Control"] = "no-store"
    return answer


def _act(request: PageRequest, user: User, memberships: list[Membership]) -> HttpResponse:
    name = request.POST.get("act", "")
    try:
        if name == "grant":
            return _grant(request, user, memberships)
        if name == "reset":
            reason = request.POST.get("reason", "")
            link = credentials.issue_reset_link(user=user, reason=reason, actor=request.actor, at=request.at)
            return _shown(request, user, memberships, GrantForm(actor=request.actor), reset_link=link)
        said = _end(request, memberships) if name == "end" else _simple(request, user, name)
    except NotPossible as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, said)
    return redirect("accounts:person", user.pk)


def _grant(request: PageRequest, user: User, memberships: list[Membership]) -> HttpResponse:
    form = GrantForm(request.POST, actor=request.actor)
    if not form.is_valid():
        return _shown(request, user, memberships, form)
    data = form.cleaned_data
    made = grant(
        user=user,
        organisation=data["organisation"],
        role=data["role"],
        reason=data["reason"],
        actor=request.actor,
        at=request.at,
    )
    messages.success(request, f"已授予：{made}")
    return redirect("accounts:person", user.pk)


def _end(request: PageRequest, memberships: list[Membership]) -> str:
    wanted = request.POST.get("membership", "")
    found = next((m for m in memberships if str(m.pk) == wanted), None)
    if found is None:
        raise Http404
    end(membership=found, reason=request.POST.get("reason", ""), actor=request.actor, at=request.at)
    return f"已终止：{found}"


def _simple(request: PageRequest, user: User, name: str) -> str:
    reason, actor, at = request.POST.get("reason", ""), request.actor, request.at
    acts: dict[str, tuple[Callable[[], None], str]] = {
        "unlock": (lambda: logins.unlock(user=user, actor=actor, at=at), "已解除锁定"),
        "factor": (
            lambda: credentials.remove_second_factor(user=user, reason=reason, actor=actor, at=at),
            "已解除二次验证，本人下次登录后可重新启用",
        ),
        "disable": (
            lambda: disable_user(user=user, reason=reason, actor=actor, at=at),
            "账号已停用，已登录的会话随即失效",
        ),
        "enable": (lambda: enable_user(user=user, reason=reason, actor=actor, at=at), "账号已启用"),
    }
    if name not in acts:
        raise Http404
    act, said = acts[name]
    act()
    return said
