"""Django's handle on the app."""

from django.apps import AppConfig


class DepositsConfig(AppConfig):
    """企业存证."""

    name = "midun.deposits"
    verbose_name = "企业存证"
