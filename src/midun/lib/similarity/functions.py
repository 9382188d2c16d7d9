"""Functions of source code, found by indentation or braces: the units in which code is compared."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from midun.lib.similarity.documents import Part

PYTHON = re.compile(r"^([ \t]*)(?:async[ \t]+)?def[ \t]+(\w+)", re.MULTILINE)
BRACED = re.compile(r"\b(\w+)[ \t]*\([^;{}()]*(?:\([^()]*\)[^;{}()]*)*\)[^;{}()=]{0,80}\{")
CONTROL = frozenset(
    [
        "if",
        "for",
        "while",
        "switch",
        "catch",
        "foreach",
        "synchronized",
        "using",
        "lock",
        "when",
        "else",
        "match",
        "with",
        "return",
    ]
)
LONGEST = 4_000_000


@dataclass(frozen=True)
class Function:
    """A function's name and its code point offsets."""

    name: str
    begin: int
    end: int


def _indented(text: str) -> list[Function]:
    found = []
    for match in PYTHON.finditer(text):
        depth, at = len(match[1]), match.end()
        for line in re.finditer(r"^[ \t]*(?=[^\s#])", text[at:], re.MULTILINE):
            if line.start() and len(line[0]) <= depth and text[at + line.end()] not in ")]}":
                at += line.start()
                break
        else:
            at = len(text)
        found.append(Function(match[2], match.start(), at))
    return found


def _braced(text: str) -> list[Function]:
    found, end = [], 0
    for match in BRACED.finditer(text):
        if match[1] in CONTROL or match.start() < end:
            continue
        depth, at = 1, match.end()
        for brace in re.finditer(r"[{}]", text[at:]):
            depth += 1 if brace[0] == "{" else -1
            if depth == 0:
                end = at + brace.end()
                found.append(Function(match[1], match.start(), end))
                break
    return found


def functions(part: Part) -> list[Function]:
    """The functions of a part of code, in order; none for a language without a rule here, or beyond 4 MB."""
    if len(part.text) > LONGEST:
        return []
    return _indented(part.text) if part.language == "python" else _braced(part.text)


def rename_map(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str, int]]:
    """From pairs of aligned names to (name in A, name in B, times), the most frequent choice of each name of A."""
    counted = Counter((a, b) for a, b in pairs if a != b)
    best: dict[str, tuple[str, int]] = {}
    for (a, b), times in counted.most_common():
        best.setdefault(a, (b, times))
    return sorted(((a, b, times) for a, (b, times) in best.items()), key=lambda row: (-row[2], row[0]))
