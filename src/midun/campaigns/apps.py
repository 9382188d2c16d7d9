"""Django's handle on the app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CampaignsConfig(AppConfig):
    """服务月."""

    name = "midun.campaigns"
    verbose_name = "服务月"

    def ready(self) -> None:
        """Register which records of the apps above may point at a plan line."""
        autodiscover_modules("linked")
