"""Django's handle on the app."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """门户."""

    name = "midun.portal"
    verbose_name = "门户"
