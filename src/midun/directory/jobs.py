"""Daily work of the house: the trail is checked and anchored, packaged tables are brought up to date."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from midun.directory.services.enterprise_import import drop_expired
from midun.kernel.jobs.registry import job
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Membership
from midun.kernel.orgs.services.divisions import load_divisions
from midun.kernel.trail import anchors
from midun.kernel.trail.chain import Fault
from midun.kernel.trail.services import head, record, verify
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.calendar import seed


@job("directory.verify_trail", every=timedelta(days=1))
def verify_trail(*, at: datetime) -> None:
    """Check the whole trail against the anchors, tell the auditors of faults, note a new anchor when there are none."""
    seq, digest = head()
    try:
        faults = list(verify(anchors=anchors.read(settings.MIDUN_HOME)))
    except anchors.BadAnchors as bad:
        faults = [Fault(0, f"锚点文件已损坏：{bad}")]
    with transaction.atomic():
        after = {"entries": seq, "head": digest, "faults": len(faults)}
        record(actor=system_actor(), verb=Verb.TRAIL_VERIFIED, target=None, at=at, after=after, label="操作留痕")
        if faults:
            _alarm(faults, at)
    if not faults:
        anchors.note(settings.MIDUN_HOME, seq=seq, digest=digest, at=at)


def _alarm(faults: list[Fault], at: datetime) -> None:
    auditors = Membership.objects.unscoped("tell the auditors").current().filter(role=Role.AUDITOR)
    where = f"第 {faults[0].seq} 条：" if faults[0].seq else ""
    text = f"留痕每日核验发现 {len(faults)} 处问题，{where}{faults[0].text}"
    key = f"trail-faults:{localdate(at)}"
    send(kind=Notice.Kind.ALERT, to=auditors, text=text, url="/directory/trail/", key=key, at=at)


@job("directory.packaged_tables", every=timedelta(days=1))
def packaged_tables(*, at: datetime) -> None:
    """Bring division codes and published holidays to what this version of the program knows."""
    load_divisions(actor=system_actor(), at=at)
    seed(actor=system_actor(), at=at)


@job("directory.drop_expired_previews", every=timedelta(hours=1))
def drop_expired_previews(*, at: datetime) -> None:
    """Previews of imports that nobody confirmed within a day are deleted."""
    drop_expired(at=at)
