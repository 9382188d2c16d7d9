"""Django's handle on the trail."""

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """The append-only record of acts."""

    name = "midun.kernel.trail"
    verbose_name = "操作留痕"
