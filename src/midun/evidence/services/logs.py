"""Beginning a log and ending it; which one is appended to."""

from datetime import datetime

from django.db import transaction

from midun.evidence.engine.keyring import make
from midun.evidence.engine.place import Place
from midun.evidence.models import Log
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.services import NotPossible
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


class LogProblem(NotPossible):
    """There is no log, or there is one already."""


def open_log() -> Log | None:
    """The log that is appended to; None before `midun log init`."""
    found: Log | None = Log.objects.unscoped("which log is open").filter(closed_at__isnull=True).first()
    return found


def begin_log(*, origin: str, actor: Actor, at: datetime, post_quantum: bool = False) -> Log:
    """Make keys, folder and row of a new log. Interrupted, it can simply be done again.

    Raises `LogProblem` if one is open.
    """
    if open_log() is not None:
        raise LogProblem("存证日志已经建立，不能重复建立")
    logs = Log.objects.unscoped("number of the next log").order_by("-number")
    newest = logs.first()
    number = newest.number + 1 if newest else 1
    signers = make(origin, post_quantum=post_quantum)
    place = Place.of(number)
    if place.exists:
        with place.opened_state() as state:
            if state.load(origin).size:
                raise LogProblem(f"目录 {place.root} 中已有日志，但数据库中没有记录：请先恢复与它同期的数据库备份")
    else:
        place.lay_out(origin, int(at.timestamp()))
    keys = "\n".join(signer.verifier.vkey for signer in signers)
    with transaction.atomic():
        made: Log = Log.objects.create(number=number, origin=origin, keys=keys, opened_at=at)
        record(actor=actor, verb=Verb.LOG_OPENED, target=made, at=at, after={"origin": origin, "keys": keys})
    return made


@transaction.atomic
def close_log(log: Log, *, reason: str, actor: Actor, at: datetime) -> None:
    """End a log: it stays readable, nothing is appended any more. Raises `LogProblem` the second time."""
    now = Log.objects.unscoped("lock").select_for_update().get(pk=log.pk)
    if now.closed_at is not None:
        raise LogProblem("该日志已停用")
    now.closed_at, now.close_reason = at, reason[:300]
    now.save(update_fields=["closed_at", "close_reason"])
    record(actor=actor, verb=Verb.LOG_CLOSED, target=now, at=at, reason=reason)


def successor_origin(log: Log) -> str:
    """The name of the log that follows: host/log, host/log-2, host/log-3 and so on."""
    base = log.origin.removesuffix(f"-{log.number}")
    return f"{base}-{log.number + 1}"
