"""Django's handle on pages: finds every app's todo providers."""

from django.apps import AppConfig
from django.forms import ChoiceField, Field, FileField
from django.utils.module_loading import autodiscover_modules


class WebConfig(AppConfig):
    """Pages and components."""

    name = "midun.kernel.web"
    verbose_name = "页面"

    def ready(self) -> None:
        """Register what each app puts on the desk and in the menu, and how texts are compared."""
        autodiscover_modules("todos", "menu", "lookups")
        # The house says what to do, not that "this field is required".
        Field.default_error_messages = {**Field.default_error_messages, "required": "请填写"}
        ChoiceField.default_error_messages = {**ChoiceField.default_error_messages, "required": "请选择"}
        FileField.default_error_messages = {**FileField.default_error_messages, "required": "请选择文件"}
