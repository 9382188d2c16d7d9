"""The operator's commands live in an app of their own."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """Commands of the operator: demo, backup, restore, serve, work."""

    name = "midun.config"
    label = "operations"
    verbose_name = "运维"
