"""`midun secret`: a fresh key for MIDUN_SECRET_KEY."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Prints a random key."""

    help = "生成一个随机密钥"
    requires_system_checks: list[str] = []

    def handle(self, **_options: Any) -> None:
        """Print it."""
        self.stdout.write(secrets.token_urlsafe(64))
