"""Text into tokens: Latin words and numbers as they stand, everything else as pairs of neighbouring characters."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_WORDS, _WORD = 5, 30
_SPACES = re.compile(r"[\s,，、;；。？！?!“”‘’《》()（）]+")


def normal(text: str) -> str:
    """Full-width letters and digits become half-width, capitals small."""
    return unicodedata.normalize("NFKC", text).casefold()


def _runs(text: str) -> Iterator[str]:
    """Maximal runs of ASCII letters and digits, and of other letters; whatever is neither separates."""
    run, latin = "", False
    for character in normal(text):
        if not character.isalnum():
            if run:
                yield run
            run = ""
        elif run and character.isascii() == latin:
            run += character
        else:
            if run:
                yield run
            run, latin = character, character.isascii()
    if run:
        yield run


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def tokens(text: str) -> list[str]:
    """What the index holds of a text, in its order: 商业秘密 gives 商业 业秘 秘密 密.

    The last character stands alone, so that every character begins a token and one that is looked for alone is found
    as a beginning.
    """
    found: list[str] = []
    for run in _runs(text):
        found += [run] if run.isascii() else [*_pairs(run), run[-1]]
    return found


@dataclass(frozen=True)
class Phrase:
    """Tokens that must follow each other; with `open` the last one may go on."""

    tokens: tuple[str, ...]
    open: bool


def words_of(text: str) -> list[str]:
    """The words of a query: split at spaces and marks, at most five, each at most thirty characters."""
    return [word[:_WORD] for word in _SPACES.split(text) if any(c.isalnum() for c in word)][:_WORDS]


def phrase(word: str) -> Phrase:
    """What the index must hold for a word to occur in a text."""
    runs = list(_runs(word))
    before = [token for run in runs[:-1] for token in tokens(run)]
    last = runs[-1]
    if last.isascii() or len(last) == 1:
        return Phrase((*before, last), open=True)
    return Phrase((*before, *_pairs(last)), open=False)
