"""What the marking library refuses, and why: one error type with a closed set of reasons."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a file or an argument was refused. The value is a stable code; `Refused` carries the sentence."""

    KEY = "key"
    FORMAT = "format"
    BROKEN = "broken"
    ENCRYPTED = "encrypted"
    SIGNED = "signed"
    ANIMATED = "animated"
    TOO_BIG = "too-big"
    TOO_SMALL = "too-small"
    MACROS = "macros"
    EXTERNAL = "external"
    MARKED = "marked"
    NO_CARRIER = "no-carrier"
    NOT_VERIFIED = "not-verified"
    LABEL = "label"
    EXISTS = "exists"


class Refused(ValueError):
    """Nothing was written. `reason` is the code, the text is a sentence in Chinese that says what to do."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason

    def __reduce__(self) -> tuple[type["Refused"], tuple[Reason, str]]:
        """What another process needs to raise it: both arguments."""
        return type(self), (self.reason, str(self))
