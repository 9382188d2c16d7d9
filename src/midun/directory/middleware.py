"""Idle sessions end; administrators use a second factor."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from midun.kernel.orgs.enums import ADMIN_ROLES

_SEEN = "seen"
_EVERY = 60


class SessionMiddleware:
    """Ends a session after `MIDUN_IDLE_MINUTES` without a request; sends administrators to their second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Check, then answer."""
        if request.user.is_authenticated:
            now = int(timezone.now().timestamp())
            seen = request.session.get(_SEEN, now)
            if now - seen > settings.MIDUN_IDLE_MINUTES * 60:
                logout(request)
                messages.warning(request, "长时间没有操作，已自动退出，请重新登录")
                return redirect(f"{reverse('account_login')}?next={request.path}")
            if _SEEN not in request.session or now - seen > _EVERY:
                request.session[_SEEN] = now
            if self._needs_factor(request):
                messages.warning(request, "管理员须先启用二次验证，才能使用平台")
                return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _needs_factor(self, request: HttpRequest) -> bool:
        memberships = getattr(request, "memberships", [])
        if not settings.MIDUN_ADMINS_NEED_SECOND_FACTOR or not any(m.role in ADMIN_ROLES for m in memberships):
            return False
        open_paths = (reverse("mfa_index"), reverse("account_logout"), reverse("account_reauthenticate"), "/static/")
        return not request.path.startswith(open_paths) and not is_mfa_enabled(request.user)
