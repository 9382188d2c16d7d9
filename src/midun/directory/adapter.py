"""How the account library behaves here: nobody signs up, attempts are kept, locked names wait."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from midun.directory import logins
from midun.kernel.orgs.actor import Actor
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


def address_of(request: HttpRequest) -> str | None:
    """The client's network address, as settled by `midun.config.proxy`."""
    return request.META.get("REMOTE_ADDR") or None


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library is untyped
    """The house's rules on top of the account library."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts come by invitation only."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Check the lock first, keep the attempt afterwards."""
        name = str(credentials.get("username") or credentials.get("email") or "")
        seen = {"ip": address_of(request), "agent": request.META.get("HTTP_USER_AGENT", "")}
        now = timezone.now()
        if until := logins.locked_until(name, now):
            logins.note(username=name, user=None, outcome="locked", at=now, **seen)
            left = max(1, int((until - now).total_seconds() // 60) + 1)
            raise ValidationError(f"登录失败次数过多，该登录名已锁定，请 {left} 分钟后再试")
        user = super().authenticate(request, **credentials)
        if user is None:
            logins.note(username=name, user=None, outcome="failure", at=now, **seen)
        return user

    def login(self, request: HttpRequest, user: Any) -> None:
        """Note the success, after every factor was given."""
        super().login(request, user)
        agent = request.META.get("HTTP_USER_AGENT", "")
        logins.note(
            username=user.username, user=user, outcome="success", ip=address_of(request), agent=agent, at=timezone.now()
        )

    @transaction.atomic
    def logout(self, request: HttpRequest) -> None:
        """Note the end of the session."""
        if request.user.is_authenticated:
            actor = Actor(user_id=request.user.pk, user_name=str(request.user))
            record(actor=actor, verb=Verb.LOGGED_OUT, target=request.user, at=timezone.now())
        super().logout(request)

    def get_client_ip(self, request: HttpRequest) -> str:
        """As the login history sees it."""
        return address_of(request) or "0.0.0.0"  # noqa: S104  # an unknown address, nothing is bound to it
