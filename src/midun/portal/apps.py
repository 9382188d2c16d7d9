"""Django's handle on the app."""

from django.apps import AppConfig
from django.core.checks import register

from midun.portal.checks import footer_is_complete


class PortalConfig(AppConfig):
    """门户."""

    name = "midun.portal"
    verbose_name = "门户"

    def ready(self) -> None:
        """Register the deployment check."""
        register(footer_is_complete, deploy=True)
