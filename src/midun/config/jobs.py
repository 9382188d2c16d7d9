"""The platform's own daily work: verify the trail, tidy the store of files and the sessions."""

import logging
from datetime import datetime, timedelta
from importlib import import_module
from itertools import islice

from django.conf import settings

from midun.kernel.files import store
from midun.kernel.files.models import Blob
from midun.kernel.jobs.registry import job
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Membership
from midun.kernel.trail import anchors
from midun.kernel.trail.services import head, verify

_log = logging.getLogger(__name__)
_SHOWN = 20


@job("operations.verify_trail", every=timedelta(days=1))
def verify_trail(*, at: datetime) -> None:
    """Re-hash the trail against every head noted before; tell the auditors what is wrong, else note today's head."""
    try:
        noted = anchors.read(settings.MIDUN_HOME)
        found = list(islice(verify(anchors=noted), _SHOWN))
        problem = found[0].text if found else ""
    except anchors.BadAnchors as bad:
        problem = str(bad)
    if not problem:
        seq, digest = head()
        anchors.note(settings.MIDUN_HOME, seq=seq, digest=digest, at=at)
        return
    _log.error("the trail does not verify: %s", problem)
    auditors = Membership.objects.unscoped("whom to alert").current().filter(role=Role.AUDITOR)
    send(
        kind=Notice.Kind.ALERT,
        to=auditors.select_related("user"),
        text=f"留痕核验未通过：{problem}。请运行 midun trail verify 查看全部问题，并保全数据库与备份",
        url="/directory/trail/",
        key=f"trail-broken:{at:%F}",
        at=at,
    )


@job("operations.sweep", every=timedelta(days=1))
def sweep(*, at: datetime) -> None:
    """Remove what an interrupted upload left in the store, pictures nobody asked for again, and ended sessions."""
    known = Blob.objects.unscoped("which stored bytes belong to a record")
    left = store.sweep(keep=lambda digest: known.filter(digest=digest).exists(), older_than=at - timedelta(days=1))
    store.drop_thumbnails(unused_since=at - timedelta(days=30))
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    _log.info("removed %s files that belonged to no record", left)
