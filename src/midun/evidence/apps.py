"""Django's handle on the app."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """存证."""

    name = "midun.evidence"
    verbose_name = "存证"
