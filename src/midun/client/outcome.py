"""How a command ends: exit codes, and the error that carries one with a sentence."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of all commands here."""

    OK = 0
    INVALID = 1
    USAGE = 2
    INCOMPLETE = 3
    UNREACHABLE = 4
    REFUSED = 5


class Failed(Exception):
    """The command cannot go on; the sentence says what to do."""

    def __init__(self, code: Exit, sentence: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence = code, sentence
