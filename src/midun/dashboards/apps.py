"""Django's handle on the app."""

from django.apps import AppConfig


class DashboardsConfig(AppConfig):
    """工作台与大屏."""

    name = "midun.dashboards"
    verbose_name = "工作台与大屏"
