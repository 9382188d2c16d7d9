"""Django's handle on notices."""

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """In-app notices."""

    name = "midun.kernel.notify"
    verbose_name = "通知"
