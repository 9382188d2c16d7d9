"""Regular work: rounds of anchoring, and renewals."""

from datetime import datetime, timedelta

from midun.anchoring.configuration import anchors
from midun.anchoring.renewing import renew_due
from midun.anchoring.running import anchor_open_log
from midun.kernel.jobs.registry import job


@job("anchoring.round", every=timedelta(seconds=10))
def round_(*, at: datetime, hurry: bool = False) -> None:
    """Ask the witnesses and time-stamp authorities that are due about the newest checkpoint."""
    anchor_open_log(at=at, hurry=hurry)


@job("anchoring.renew", every=timedelta(hours=6))
def renew(*, at: datetime) -> None:
    """Renew the time-stamps whose certificates or algorithms age out soon."""
    renew_due(anchors(), at)
