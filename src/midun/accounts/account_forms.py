"""Forms of the account library that we extend."""

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm
from django.core.exceptions import ValidationError
from django.utils import timezone

from midun.accounts.adapter import attempt_of
from midun.accounts.services import logins
from midun.accounts.services.logins import Outcome


class CodeForm(AuthenticateForm):
    """The second factor at login; a wrong code is kept in the history."""

    def clean_code(self) -> str:
        """Check the code; the library counts the attempts per person."""
        try:
            code: str = super().clean_code()
        except ValidationError:
            attempt = attempt_of(context.request, self.user.username)
            logins.note(attempt, Outcome.CODE_FAILURE, at=timezone.now())
            raise
        return code
