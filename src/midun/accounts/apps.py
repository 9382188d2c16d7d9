"""Django's handle on the app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """账号与身份."""

    name = "midun.accounts"
    verbose_name = "账号与身份"
