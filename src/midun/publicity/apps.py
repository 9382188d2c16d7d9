"""Django's handle on the app."""

from django.apps import AppConfig


class PublicityConfig(AppConfig):
    """宣传与公开."""

    name = "midun.publicity"
    verbose_name = "宣传与公开"
