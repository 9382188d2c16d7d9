"""Is this installation well? For load balancers and for those who watch over it; says nothing confidential."""

import os

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from midun import __version__
from midun.anchoring.running import condition as anchoring
from midun.evidence.monitor import health as log_health
from midun.kernel.jobs import services as jobs
from midun.kernel.trail.services import head

_FREE = 200 * 1024 * 1024


@never_cache
@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """200 when the database answers and the data folder has room, else 503 naming what is wrong.

    Background work and the head of the trail are told as well, for monitoring: a dead worker is no reason for a load
    balancer to take the pages away, and a head noted elsewhere makes a cut-off trail provable.
    """
    checks = {"database": _database(), "disk": _disk()}
    well = all(checks.values())
    more = {**_work_and_trail(), **_log()} if checks["database"] else {}
    return JsonResponse({"ok": well, "version": __version__, **checks, **more}, status=200 if well else 503)


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


def _work_and_trail() -> dict[str, object]:
    work = jobs.state(at=timezone.now())
    number, digest = head()
    return {
        "worker": work.workers > 0 and not work.late,
        "jobs": {"workers": work.workers, "late": work.late, "given_up": work.given_up},
        "trail": f"{number}:{digest}",
    }


def _log() -> dict[str, object]:
    """The evidence log: told, and no reason to take the pages away."""
    found = log_health()
    if not found.exists:
        return {}
    return {
        "log": {
            "well": found.well,
            "running": found.running,
            "size": found.size,
            "queue": found.queue,
            "clock_back": found.clock_back,
            "checkpoint_age": found.age,
            "anchors": _anchors(),
        }
    }


def _anchors() -> dict[str, object]:
    """Witnesses and time-stamps: who fails by name only, the reason is for the administrators."""
    found = anchoring(timezone.now())
    return {
        "well": found.well,
        "configured": not found.problem,
        "final_size": found.final_size,
        "late": found.late,
        "failing": found.failing,
    }
