"""Django's handle on the app."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    """单位与人员."""

    name = "midun.directory"
    verbose_name = "单位与人员"
