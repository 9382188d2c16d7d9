"""Password rules beyond the length and the list of common ones."""

import re

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError

_KINDS = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"), re.compile(r"[^A-Za-z0-9]"))


class LongEnough(MinimumLengthValidator):
    """Django's rule of length in our language: its own catalogue lacks the sentence."""

    def get_error_message(self) -> str:
        """What is wrong."""
        return f"密码太短，至少需要 {self.min_length} 个字符"

    def get_help_text(self) -> str:
        """The rule, for people."""
        return f"密码至少 {self.min_length} 个字符。"


class ThreeKinds:
    """At least three of: small letters, capitals, digits, other characters (等级保护：口令应有复杂度)."""

    needed = 3

    def validate(self, password: str, user: object = None) -> None:
        """Raise when the password has too few kinds of characters."""
        if sum(bool(kind.search(password)) for kind in _KINDS) < self.needed:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        """The rule, for people."""
        return "密码须包含大写字母、小写字母、数字、其他符号中的至少三种。"
