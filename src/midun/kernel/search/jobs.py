"""The nightly comparison of the index with what is public."""

from datetime import datetime, timedelta

from midun.kernel.jobs.registry import job
from midun.kernel.search.services import rebuild


@job("search.rebuild", every=timedelta(days=1))
def rebuild_index(*, at: datetime) -> None:  # noqa: ARG001  # every job is told the time
    """Repair what slipped past `refresh`: rows changed by hand, units renamed."""
    rebuild()
