"""How the account library behaves here: nobody signs up, attempts are kept, locks hold, the trail sees everything."""

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from midun.accounts import devices, mailing
from midun.accounts.services import logins
from midun.accounts.services.logins import Attempt, Outcome
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import User
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb

_TOLD = {
    "account/email/password_changed": Verb.PASSWORD_CHANGED,
    "account/email/password_set": Verb.PASSWORD_CHANGED,
    "account/email/password_reset": Verb.PASSWORD_RESET,
}
"""What the library tells a person by mail, while it does it, is an act on the account."""


def address_of(request: HttpRequest) -> str | None:
    """The network address (config/proxy.py has looked behind our own proxy)."""
    return request.META.get("REMOTE_ADDR") or None


def attempt_of(request: HttpRequest, username: str, *, device: str | None = None) -> Attempt:
    """The attempt that a request is; `device` where it is known better than by the cookie."""
    agent = request.META.get("HTTP_USER_AGENT", "")
    return Attempt(username, address_of(request), agent, devices.known(request, username) if device is None else device)


class Adapter(DefaultAccountAdapter):
    """The house's rules on top of the account library."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts come by invitation only."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse while a lock holds; replaces the library's own counter, by which anybody could lock anybody out."""
        attempt, now = attempt_of(request, str(credentials.get("username") or "")), timezone.now()
        until = logins.locked_until(attempt, now)
        if until is None:
            return
        logins.note(attempt, Outcome.LOCKED, at=now)
        left = max(1, -int((now - until).total_seconds() // 60))
        raise ValidationError(f"登录失败次数过多，请 {left} 分钟后再试，或联系本单位安全管理员解除锁定")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Keep the failed attempt; a right password is noted when the login is complete."""
        user = super().authenticate(request, **credentials)
        if user is None:
            name = str(credentials.get("username") or "")
            logins.note(attempt_of(request, name), Outcome.FAILURE, at=timezone.now())
        return user

    def _rollback_login_failed_rl_usage(self) -> None:
        """Nothing to roll back: the library's own counter is not used."""

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Note that a disabled account was tried with the right password."""
        logins.note(attempt_of(request, user.username), Outcome.DISABLED, at=timezone.now())
        answer: HttpResponse = super().respond_user_inactive(request, user)
        return answer

    def login(self, request: HttpRequest, user: User) -> None:
        """Note the success, after every factor was given."""
        super().login(request, user)
        device = devices.welcome(request, user.username)
        logins.note(attempt_of(request, user.username, device=device), Outcome.SUCCESS, at=timezone.now())

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """Let the browser be known from now on."""
        answer: HttpResponse = super().post_login(request, user, **more)
        devices.remember(request, answer)
        return answer

    @transaction.atomic
    def logout(self, request: HttpRequest) -> None:
        """Note the end of the session."""
        if request.user.is_authenticated:
            record(actor=acting_in(request), verb=Verb.LOGGED_OUT, target=request.user, at=timezone.now())
        super().logout(request)

    @transaction.atomic
    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **more: Any) -> None:
        """Changes of credentials go into the trail, and by mail to the person where mail is set up."""
        if verb := _TOLD.get(template_prefix):
            record(actor=acting_in(self.request, user), verb=verb, target=user, at=timezone.now())
        super().send_notification_mail(template_prefix, user, *args, **more)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Render now, send after the answer."""
        request = self.request
        mailing.post(self.render_mail(template_prefix, email, {"request": request, "email": email, **context}))

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Not within minutes of a login: an administrator who must set up the second factor has just proved enough."""
        given = get_authentication_records(self.request, self.request.user)
        recent = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        if any(method["at"] > recent for method in given):
            return False
        return bool(super().is_reauthentication_required(app=app, **more))

    def get_client_ip(self, request: HttpRequest) -> str:
        """As the login history sees it."""
        return address_of(request) or "0.0.0.0"  # noqa: S104  # an unknown address, nothing is bound to it


def acting_in(request: HttpRequest, user: User | None = None) -> Actor:
    """The membership the request acts in, or only the person (who has just reset a password, say)."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor and not actor.is_visitor:
        return actor
    if user is None:
        user = User.objects.get(pk=str(request.user.pk))
    return logins.person_alone(user)
