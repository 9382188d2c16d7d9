"""Django's handle on the app."""

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    """服务月."""

    name = "midun.campaigns"
    verbose_name = "服务月"
