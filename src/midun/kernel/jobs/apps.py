"""Django's handle on background work: finds every app's jobs."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """Background work."""

    name = "midun.kernel.jobs"
    verbose_name = "后台任务"

    def ready(self) -> None:
        """Register the jobs of every app, without importing any of them by name."""
        autodiscover_modules("jobs")
