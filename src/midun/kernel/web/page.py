"""The decorator every view wears: who may, whether it writes, and what a raised error means on the wire."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Membership
from midun.kernel.orgs.services import Refused


class GetWrote(Exception):
    """A GET tried to change the database: a programmer's mistake."""


class PageRequest(HttpRequest):
    """A request as views see it: with the acting membership and the time of the request."""

    actor: Actor
    at: datetime
    memberships: list[Membership]


SAVED = "midun_saved"
"""The cookie by which `drafts.js` learns which form was saved."""

_DEADLOCKS = 3
_WRITING = ("INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "TRUNCATE", "MERGE", "REPLACE")


def _refuse_writes(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    if sql.lstrip().upper().startswith(_WRITING):
        raise GetWrote(sql.split("(", maxsplit=1)[0][:80])
    return execute(sql, params, many, context)


def _admit(request: PageRequest, permission: Permission | None) -> HttpResponse | None:
    """Send a visitor to the login; raise 403 for a person without the right; None lets in."""
    if request.actor.is_visitor and request.user.is_authenticated:
        raise PermissionDenied("您的账号还没有被授予任何身份，请联系本单位的安全管理员")
    if request.actor.is_visitor:
        return redirect_to_login(request.get_full_path())
    if permission is not None and not request.actor.may(permission):
        raise PermissionDenied(f"当前身份没有“{permission.label}”的权限")
    return None


def _mark_saved(request: PageRequest, response: HttpResponse) -> HttpResponse:
    """Tell the browser that what was posted is saved (the view went on elsewhere), so that it drops the draft.

    A form shown again with errors, a login in between or an error page leave the draft alone.
    """
    if response.status_code in (HTTPStatus.FOUND, HTTPStatus.SEE_OTHER):
        response.set_cookie(
            SAVED, quote(request.path, safe=""), max_age=60, secure=settings.SESSION_COOKIE_SECURE, samesite="Lax"
        )
    return response


def _read(view: Callable[[], HttpResponse], _request: HttpRequest) -> HttpResponse:
    with connection.execute_wrapper(_refuse_writes):
        return view()


def _write(view: Callable[[], HttpResponse], request: HttpRequest) -> HttpResponse:
    """Run the act in one transaction.

    Acts lock the rows they change and then the trail, so two acts of several rows can wait for each other; PostgreSQL
    ends that by giving one of them up, which has then changed nothing and is simply done again.
    """
    for _ in range(_DEADLOCKS):
        try:
            with transaction.atomic():
                return view()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
            for _, uploads in request.FILES.lists():
                for upload in uploads:
                    upload.seek(0)
    with transaction.atomic():
        return view()


def page(
    permission: Permission | None = None, *, public: bool = False, writes: bool = False
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Mark a function as a page.

    `public` pages are for anybody; otherwise a membership is needed, and `permission` if given.
    Without `writes` only GET and HEAD are answered. A GET runs read-only (a write raises `GetWrote`); a POST runs in
    one transaction, and once more from the start when the database gave it up to end a deadlock. `Refused` raised
    inside becomes 403.
    """
    if public and permission is not None:
        raise ValueError("a page is public or asks for a permission, not both")

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.at = timezone.now()
            reads = request.method in ("GET", "HEAD")
            if not reads and not (writes and request.method == "POST"):
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"] if writes else ["GET", "HEAD"])
            if not public and (elsewhere := _admit(request, permission)):
                return elsewhere
            act = _read if reads else _write
            try:
                response = act(lambda: view(request, *args, **kwargs), request)
            except Refused as refused:
                raise PermissionDenied(str(refused)) from refused
            return response if reads else _mark_saved(request, response)

        answer.page_permission = permission  # type: ignore[attr-defined]  # read by the access matrix test
        answer.page_public = public  # type: ignore[attr-defined]  # read by the access matrix test
        answer.page_writes = writes  # type: ignore[attr-defined]  # read by the access matrix test
        return answer

    return decorate


def require_any(request: PageRequest, *permissions: Permission) -> None:
    """For pages open to more than one right: raise 403 unless the actor has one of them."""
    if not any(request.actor.may(permission) for permission in permissions):
        raise PermissionDenied(f"当前身份没有“{permissions[0].label}”的权限")
