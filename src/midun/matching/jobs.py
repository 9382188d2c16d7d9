"""Sealed comparisons in the background, and the end of sessions nobody ran."""

import json
import subprocess
import sys
from datetime import datetime, timedelta

from midun.kernel.jobs.registry import job
from midun.lib.similarity import sealed_run
from midun.matching import services
from midun.matching.models import SealedSession
from midun.matching.services import vault
from midun.matching.services.sessions import JOB

TIME, STUCK = timedelta(hours=1), timedelta(days=1)
_GONE = "材料已删除而比对没有完成，请重新开启会话"


@job(JOB)
def compare_sealed(*, at: datetime, number: int) -> None:
    """Compare, erase, then keep the report: in this order, so that no report stands beside its material.

    The comparison runs in a process of its own that holds the only plain copy in memory. Killed before the erasing the
    job is done again; killed after it the session fails and says so.
    """
    session = SealedSession.objects.unscoped("the job's own").get(pk=number)
    if session.finished_at is not None:
        return
    report, failure = _compared(session, at)
    vault.erase(session.uuid)
    services.finish(session, report=report, failure=failure, at=at)


def _compared(session: SealedSession, at: datetime) -> tuple[bytes | None, str]:
    secret = vault.secret_of(session.uuid)
    if secret is None:
        return None, _GONE
    request = {
        "session": str(session.uuid),
        "public": bytes(session.public).hex(),
        "secret": secret.hex(),
        "a": str(vault.path_of(session.uuid, "a")),
        "b": str(vault.path_of(session.uuid, "b")),
        "at": at.isoformat(timespec="seconds"),
    }
    command = [sys.executable, "-m", "midun.lib.similarity.sealed_run"]
    try:
        done = subprocess.run(  # noqa: S603  # our own module
            command, input=json.dumps(request).encode(), capture_output=True, check=False, timeout=TIME.total_seconds()
        )
    except subprocess.TimeoutExpired:
        return None, "比对超过一小时，已中止：请减少材料后重新开启会话"
    if done.returncode == sealed_run.DONE:
        return done.stdout, ""
    if done.returncode == sealed_run.UNUSABLE:
        return None, done.stderr.decode(errors="replace")
    # The output of a crash may quote the material: only that it happened is kept.
    return None, "比对程序异常终止，材料可能损坏：请检查后重新密封"


@job("matching.expire", every=timedelta(hours=1))
def expire(*, at: datetime) -> None:
    """Erase what lies in sessions past their time."""
    over = SealedSession.objects.unscoped("expiry").filter(
        expires_at__lte=at, erased_at__isnull=True, started_at__isnull=True
    )
    for session in over:
        services.expire(session, at=at)
    stuck = SealedSession.objects.unscoped("expiry").filter(finished_at__isnull=True, started_at__lte=at - STUCK)
    for session in stuck:
        vault.erase(session.uuid)
        services.finish(session, report=None, failure=_GONE, at=at)
