"""Django's handle on the app."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """统计报送."""

    name = "midun.reporting"
    verbose_name = "统计报送"
