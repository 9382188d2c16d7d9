"""Idle sessions end; administrators use a second factor."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from midun.kernel.orgs.actor import VISITOR, Actor
from midun.kernel.orgs.enums import ADMIN_ROLES
from midun.kernel.orgs.models import User
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb

_SEEN = "seen"
_EVERY = 60


class SessionMiddleware:
    """Ends a session after `MIDUN_IDLE_MINUTES` without a request; sends administrators to their second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Check, then answer."""
        if isinstance(request.user, User):
            now = int(timezone.now().timestamp())
            seen = request.session.get(_SEEN, now)
            if now - seen > settings.MIDUN_IDLE_MINUTES * 60:
                return self._end(request, request.user)
            if _SEEN not in request.session or now - seen > _EVERY:
                request.session[_SEEN] = now
            if self._needs_factor(request):
                messages.warning(request, "管理员须先启用二次验证，才能使用平台")
                return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _end(self, request: HttpRequest, user: User) -> HttpResponse:
        actor: Actor = getattr(request, "actor", VISITOR)
        with transaction.atomic():
            record(actor=actor, verb=Verb.LOGGED_OUT, target=user, at=timezone.now(), reason="长时间没有操作")
        logout(request)
        messages.warning(request, "长时间没有操作，已自动退出，请重新登录")
        # What was being submitted is lost with the session; its page is a better place to return to than nothing.
        return redirect(f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}")

    def _needs_factor(self, request: HttpRequest) -> bool:
        memberships = getattr(request, "memberships", [])
        if not settings.MIDUN_ADMINS_NEED_SECOND_FACTOR or not any(m.role in ADMIN_ROLES for m in memberships):
            return False
        open_paths = (reverse("mfa_index"), reverse("account_logout"), reverse("account_reauthenticate"), "/static/")
        if request.path.startswith(open_paths):
            return False
        return not is_mfa_enabled(request.user, [Authenticator.Type.TOTP])
