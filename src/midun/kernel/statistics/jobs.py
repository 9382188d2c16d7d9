"""The daily proof that the kept counts are what the records give."""

import logging
from datetime import datetime, timedelta

from midun.kernel.jobs.registry import job
from midun.kernel.orgs.actor import system_actor
from midun.kernel.statistics import recount

_LOG = logging.getLogger(__name__)


@job("statistics.recount", every=timedelta(days=1))
def prove(*, at: datetime) -> None:
    """Recount every node that keeps counts; a difference is put right, recorded in the trail and logged."""
    for wrong in recount.repair(actor=system_actor("每日核数"), at=at):
        _LOG.error("计数与记录不符，已重新计数：%s", wrong)
