"""After a restore: may this log go on? A log that went on from an old copy would tell two stories of one place.

Rule (docs/operations.md): a log that came out of a backup appends nothing until somebody shows the newest checkpoint
that was ever published (from the portal, a witness, a receipt, a monitor) and it is the one restored; if a newer one
was, this log ends and a successor begins.
"""

from datetime import datetime

from midun.evidence.engine.place import Place
from midun.evidence.models import Log
from midun.evidence.monitor import keys_of
from midun.evidence.services.logs import LogProblem, begin_log, close_log, successor_origin
from midun.kernel.orgs.actor import Actor
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.note import open_checkpoint


def resume(log: Log, newest: bytes, *, actor: Actor, at: datetime) -> None:
    """Let a restored log go on, given the newest checkpoint that was published. Raises `LogProblem`."""
    place = Place.of(log.number)
    if not place.restored.exists():
        raise LogProblem("该日志不是从备份恢复的，无需确认")
    try:
        shown = open_checkpoint(newest, keys_of(log)).checkpoint
    except Refused as refused:
        raise LogProblem(f"所给的检查点不能核验：{refused.reason.sentence}") from refused
    with place.opened_state() as state:
        head = state.load(log.origin)
    if shown.size > head.size:
        raise LogProblem(
            f"已公布过 {shown.size} 条，备份只有 {head.size} 条：继续写入会造成分叉。请运行 midun log renew 换新日志"
        )
    if (shown.size, shown.root) != (head.size, head.root):
        raise LogProblem(f"所给的检查点（{shown.size} 条）不是恢复出来的这一个（{head.size} 条），请取最新公布的检查点")
    record(actor=actor, verb=Verb.BACKUP_RESTORED, target=log, at=at, reason="确认存证日志与最新公布的检查点一致")
    place.restored.unlink()


def renew(log: Log, *, reason: str, actor: Actor, at: datetime) -> Log:
    """End a log and begin its successor under a new name. Raises `LogProblem`."""
    close_log(log, reason=reason, actor=actor, at=at)
    return begin_log(origin=successor_origin(log), actor=actor, at=at)
