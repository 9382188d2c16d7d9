"""Is this installation well? For load balancers and operators; says nothing that is not public."""

import os

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from midun import __version__

_FREE = 200 * 1024 * 1024


@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """200 when the database answers and the data folder has room, else 503 naming what is wrong."""
    checks = {"database": _database(), "disk": _disk()}
    well = all(checks.values())
    return JsonResponse({"ok": well, "version": __version__, **checks}, status=200 if well else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone())
    except DatabaseError:
        return False


def _disk() -> bool:
    try:
        stat = os.statvfs(settings.MIDUN_HOME)
    except OSError:
        return False
    return stat.f_bavail * stat.f_frsize > _FREE and os.access(settings.MIDUN_HOME, os.W_OK)
