"""The platform's own daily tidying: the store of files, small pictures, ended sessions."""

import logging
from datetime import datetime, timedelta
from importlib import import_module

from django.conf import settings

from midun.kernel.files import store
from midun.kernel.files.models import Blob
from midun.kernel.jobs.registry import job

_log = logging.getLogger(__name__)


@job("operations.sweep", every=timedelta(days=1))
def sweep(*, at: datetime) -> None:
    """Remove what an interrupted upload left in the store, pictures nobody asked for again, and ended sessions."""
    known = Blob.objects.unscoped("which stored bytes belong to a record")
    left = store.sweep(keep=lambda digest: known.filter(digest=digest).exists(), older_than=at - timedelta(days=1))
    store.drop_thumbnails(unused_since=at - timedelta(days=30))
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    _log.info("removed %s files that belonged to no record", left)
