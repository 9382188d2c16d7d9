"""Django's handle on the app."""

from django.apps import AppConfig


class MarkingConfig(AppConfig):
    """副本登记."""

    name = "midun.marking"
    verbose_name = "副本登记"
