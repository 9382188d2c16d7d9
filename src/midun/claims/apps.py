"""Django's handle on the app."""

from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    """诉求台账."""

    name = "midun.claims"
    verbose_name = "诉求台账"
