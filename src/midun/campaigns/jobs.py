"""Background jobs of the service month."""

from datetime import datetime, timedelta

from midun.campaigns.services.imports import drop_expired
from midun.kernel.jobs.registry import job


@job("campaigns.drop_expired_previews", every=timedelta(hours=1))
def drop_expired_previews(*, at: datetime) -> None:
    """Previews of imports that nobody confirmed within a day are deleted."""
    drop_expired(at=at)
