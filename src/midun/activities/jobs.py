"""Background jobs of activities."""

from datetime import datetime, timedelta

from midun.activities.services.regroup import follow
from midun.kernel.jobs.registry import job


@job("activities.follow_headings", every=timedelta(days=1))
def follow_headings(*, at: datetime) -> None:
    """A new version of content/activities/headings-*.yaml takes hold of what it covers."""
    follow(at=at)
