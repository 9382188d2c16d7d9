"""A person's own account, and coming in by invitation."""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from midun.accounts.agents import described
from midun.accounts.forms.people import JoinForm, ProfileForm
from midun.accounts.services import invitations as inviting
from midun.accounts.services.logins import history_of
from midun.accounts.services.profile import change_profile
from midun.kernel.orgs.models import Invitation, User
from midun.kernel.orgs.services import NotPossible
from midun.kernel.web.page import PageRequest, page

_LOGINS = 20


@page(writes=True)
def account(request: PageRequest) -> HttpResponse:
    """The person's own memberships, second factor and logins; POST changes what they may change themselves."""
    user = request.memberships[0].user
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        change_profile(user=user, fields=form.cleaned_data, actor=request.actor, at=request.at)
        messages.success(request, "已保存")
        return redirect("accounts:account")
    context = {
        "form": form,
        "logins": [(login, described(login.agent)) for login in history_of(user)[:_LOGINS]],
        "factor": is_mfa_enabled(user),
        "memberships_of": request.memberships,
    }
    return render(request, "accounts/account.html", context)


@page(public=True, writes=True)
def join(request: PageRequest, token: str) -> HttpResponse:
    """Accept an invitation: with a new account, or with the one somebody is logged in to."""
    invitation = inviting.find(token, request.at)
    if invitation is None:
        return render(request, "accounts/join_gone.html", status=404)
    form = JoinForm(request.POST or None, name=invitation.name, email=invitation.email)
    signed_in = User.objects.get(pk=request.user.pk) if request.user.is_authenticated else None
    if request.method == "POST" and (signed_in or form.is_valid()):
        try:
            _accept(request, token, signed_in, form.cleaned_data if not signed_in else {})
        except NotPossible as problem:
            form.add_error(None, str(problem)) if not signed_in else messages.error(request, str(problem))
        else:
            return redirect("dashboards:desk" if signed_in else "account_login")
    return _offered(request, invitation, form, signed_in)


def _accept(request: PageRequest, token: str, user: User | None, data: dict[str, Any]) -> None:
    if user is not None:
        inviting.accept_as(token=token, user=user, at=request.at)
        messages.success(request, "已接受邀请，可在右上角切换到新的身份")
        return
    made = inviting.accept_as_new(token=token, username=data["username"], password=data["password"], at=request.at)
    messages.success(request, f"账号“{made.username}”已建立，请登录")


def _offered(request: PageRequest, invitation: Invitation, form: JoinForm, user: User | None) -> HttpResponse:
    answer = render(request, "accounts/join.html", {"invitation": invitation, "form": form, "signed_in": user})
    answer["Cache-Control"] = "no-store"
    return answer
