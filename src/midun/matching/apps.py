"""Django's handle on the app."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """同一性比对."""

    name = "midun.matching"
    verbose_name = "同一性比对"
