"""Django's handle on the app."""

from django.apps import AppConfig


class VisitsConfig(AppConfig):
    """走访."""

    name = "midun.visits"
    verbose_name = "走访"
