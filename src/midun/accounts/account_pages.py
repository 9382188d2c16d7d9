"""What we add to the account library's pages: one transaction with the trail, another page where no mail is set up."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as library
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from midun.accounts.adapter import acting_in
from midun.kernel.orgs.models import User
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.page import page

View = Callable[..., HttpResponseBase]
_TOTP, _CODES = Authenticator.Type.TOTP.value, Authenticator.Type.RECOVERY_CODES.value


@page(public=True, writes=True)
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for a link by mail where mail is set up; otherwise say who can give one."""
    if not settings.MIDUN_EMAIL_NOTICES:
        return render(request, "accounts/reset_without_mail.html")
    answer: HttpResponse = library.password_reset(request)
    return answer


def whole(view: View) -> View:
    """Let a POST change credentials and write the trail in one transaction.

    The library tells of passwords while it changes them (adapter.py), of second factors only afterwards: those are
    compared here.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        user = request.user if isinstance(request.user, User) else None
        with transaction.atomic():
            before = _factors(user)
            response = view(request, *args, **kwargs)
            if user and (verb := _what_happened(before, _factors(user))):
                record(actor=acting_in(request, user), verb=verb, target=user, at=timezone.now())
        return response

    return answer


def _factors(user: User | None) -> dict[str, int]:
    return dict(Authenticator.objects.filter(user=user).values_list("type", "pk")) if user else {}


def _what_happened(before: dict[str, int], after: dict[str, int]) -> Verb | None:
    if before.get(_TOTP) != after.get(_TOTP):
        return Verb.SECOND_FACTOR_ENABLED if _TOTP in after else Verb.SECOND_FACTOR_REMOVED
    return Verb.RECOVERY_CODES_MADE if before.get(_CODES) != after.get(_CODES) else None
