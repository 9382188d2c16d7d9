"""Django's handle on search: finds what every app makes searchable."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class SearchConfig(AppConfig):
    """Search."""

    name = "midun.kernel.search"
    verbose_name = "检索"

    def ready(self) -> None:
        """Register the kinds of record."""
        autodiscover_modules("searchable")
