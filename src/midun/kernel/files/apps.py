"""Django's handle on files."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Content-addressed files and attachments."""

    name = "midun.kernel.files"
    verbose_name = "附件"
