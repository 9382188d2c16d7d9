"""Django's handle on the app."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    """活动."""

    name = "midun.activities"
    verbose_name = "活动"
