"""Browsers that had logged in under a name before: a signed cookie that gives no access, only a count of its own.

Without it a stranger could lock a person out by guessing wrong on purpose (OWASP: device cookies).
"""

import hashlib
import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "midun_device"
_SALT = "midun.accounts.devices"
_AGE = 180 * 24 * 3600
_KEPT = 5
_MARK = "_midun_device"


def known(request: HttpRequest, username: str) -> str:
    """The id under which this browser is known for `username`, empty when it is not."""
    return _read(request).get(_digest(username), "")


def welcome(request: HttpRequest, username: str) -> str:
    """The id for a browser that has just logged in: the known one or a new one, to be kept by `remember`."""
    device = known(request, username) or secrets.token_hex(16)
    setattr(request, _MARK, (username, device))
    return device


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Put the id given by `welcome` into the cookie; the five people of a shared computer who came last stay known."""
    if not hasattr(request, _MARK):
        return
    username, device = getattr(request, _MARK)
    kept = {name: value for name, value in _read(request).items() if name != _digest(username)}
    newest = dict([*kept.items(), (_digest(username), device)][-_KEPT:])
    response.set_cookie(
        COOKIE,
        signing.dumps(newest, salt=_SALT),
        max_age=_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _read(request: HttpRequest) -> dict[str, str]:
    try:
        held = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=_AGE)
    except signing.BadSignature:
        return {}
    return {str(name): str(value) for name, value in held.items()} if isinstance(held, dict) else {}


def _digest(username: str) -> str:
    return hashlib.sha256(username.strip().lower().encode()).hexdigest()[:16]
