"""Django's handle on pages: finds every app's todo providers."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WebConfig(AppConfig):
    """Pages and components."""

    name = "midun.kernel.web"
    verbose_name = "页面"

    def ready(self) -> None:
        """Register what each app puts on the desk and in the menu, and how texts are compared."""
        autodiscover_modules("todos", "menu", "lookups")
