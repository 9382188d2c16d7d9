"""The second factor: its secrets are kept encrypted, under a key that lies beside the database, not in it.

Administrators must have one. They may take it off to put on another; until then every other page sends them here
(middleware.py).
"""

from pathlib import Path

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings

from midun.kernel.files.keyfile import kept
from midun.kernel.orgs.enums import ADMIN_ROLES
from midun.kernel.orgs.models import Membership, User

_NAME = "keys/second-factor.key"


def is_administrator(user: User) -> bool:
    """Whether the person holds one of the three administrators' roles now."""
    held = Membership.objects.unscoped("whether a second factor is a duty").current()
    return bool(held.filter(user=user, role__in=ADMIN_ROLES).exists())


class SecondFactor(DefaultMFAAdapter):
    """The house's rules on top of the account library's second factor."""

    def encrypt(self, text: str) -> str:
        """As it is stored."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """As it is used."""
        return _box().decrypt(encrypted_text.encode()).decode()


def _box() -> Fernet:
    return Fernet(kept(Path(settings.MIDUN_HOME) / _NAME, Fernet.generate_key))
