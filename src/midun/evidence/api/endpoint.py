"""What Django's views of the API wear: a token or a session, errors as JSON, and no transaction around the call.

A transaction held by the web process would keep the process that appends from writing its rows (SQLite has one writer),
so unlike pages these views write nothing themselves.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from midun.evidence.api import auth
from midun.evidence.api.answers import JSON, Response, refusal
from midun.evidence.api.bodies import Bad
from midun.evidence.services.tokens import tenant_of
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation


class _Csrf(CsrfViewMiddleware):
    """Tells instead of answering."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def endpoint(*methods: str, deposits: bool) -> Callable[[Callable[..., Response]], Callable[..., HttpResponse]]:
    """Mark `view(request, caller, …) -> Response`; `deposits` asks for the right to deposit, not only to read."""

    def decorate(view: Callable[..., Response]) -> Callable[..., HttpResponse]:
        @csrf_exempt  # checked below for sessions; a token is no ambient right
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                _check_method(request, methods)
                made = view(request, _caller(request, at=timezone.now(), deposits=deposits), *args, **kwargs)
            except Bad as bad:
                made = refusal(bad)
            headers = {"Content-Type": JSON, "Cache-Control": "no-store", **made.headers}
            return HttpResponse(made.body, status=made.status, headers=headers)

        answer.page_permission = None  # type: ignore[attr-defined]  # as @page: read by the access tests
        answer.page_public = True  # type: ignore[attr-defined]  # the view itself answers 401
        answer.page_writes = deposits  # type: ignore[attr-defined]  # same
        return answer

    return decorate


def _check_method(request: HttpRequest, methods: tuple[str, ...]) -> None:
    if request.method not in methods:
        raise Bad(HTTPStatus.METHOD_NOT_ALLOWED, "method", f"请用 {'、'.join(methods)}")


def _caller(request: HttpRequest, *, at: datetime, deposits: bool) -> auth.Caller:
    header = request.headers.get("Authorization", "")
    if header:
        return auth.authenticated(header, at=at, deposits=deposits)
    actor: Any = getattr(request, "actor", None)
    if actor is None or actor.is_visitor:
        raise auth.unknown()
    right = Permission.DEPOSIT if deposits else Permission.READ_DEPOSITS
    if not actor.may(right):
        raise Bad(HTTPStatus.FORBIDDEN, "no_right", f"当前身份没有“{right.label}”的权限")
    if request.method not in ("GET", "HEAD"):
        check = _Csrf(lambda _request: HttpResponse())
        check.process_request(request)
        if check.process_view(request, HttpResponse, (), {}):
            raise Bad(HTTPStatus.FORBIDDEN, "csrf", "页面已过期，请刷新后重试")
    enterprise = Organisation.objects.visible_to(actor).get(pk=actor.organisation_id)
    return auth.Caller(tenant_of(enterprise).pk, enterprise.pk, 0, may_deposit=True)
