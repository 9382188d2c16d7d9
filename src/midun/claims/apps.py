"""Django's handle on the app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ClaimsConfig(AppConfig):
    """诉求台账."""

    name = "midun.claims"
    verbose_name = "诉求台账"

    def ready(self) -> None:
        """Register what the apps above show on a claim."""
        autodiscover_modules("claim_parts")
