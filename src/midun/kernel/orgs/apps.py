"""Django's handle on people and organisations."""

from django.apps import AppConfig


class OrgsConfig(AppConfig):
    """Jurisdictions, organisations, users, memberships."""

    name = "midun.kernel.orgs"
    verbose_name = "组织与人员"
