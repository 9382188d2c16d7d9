"""Django's handle on statistics: finds every app's figures, and the checks of the forms at start-up."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class StatisticsConfig(AppConfig):
    """Figures and statistics forms."""

    name = "midun.kernel.statistics"
    verbose_name = "统计"

    def ready(self) -> None:
        """Register every app's figures, start-up checks and listeners, without importing any of them by name."""
        autodiscover_modules("figures", "startup_checks", "settled")
