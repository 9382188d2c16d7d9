"""Carriers in source code: blanks at the ends of lines, where a language cannot see them, and wording of comments.

No character without width ever goes into code: compilers and reviewers rightly flag them. A formatter removes the
mark; that is stated, not hidden.
"""

import ast
import io
import re
import tokenize
import unicodedata

from midun.lib.marking.documents.text.carriers import Carrier, Channel
from midun.lib.marking.documents.text.lexicon import fold
from midun.lib.marking.documents.text.prose import carriers as prose_carriers

RUN = 8
LEAST = 6
FORMS = tuple("".join(" \t"[number >> place & 1] for place in range(RUN - 1, -1, -1)) for number in range(2**RUN))
_PLACES = {form: number for number, form in enumerate(FORMS)}

_C = (r'"""|\'\'\'|`|R"|#"', "//")
LANGUAGES: dict[str, tuple[str, str]] = {
    **dict.fromkeys((".c", ".h", ".cc", ".cpp", ".hpp", ".java", ".go", ".rs", ".cs", ".kt", ".swift", ".scala"), _C),
    **dict.fromkeys(
        (".js", ".ts", ".jsx", ".tsx", ".mjs", ".php", ".dart", ".proto", ".v", ".sv"), (_C[0] + "|<<", "//")
    ),
    **dict.fromkeys((".sql", ".vhd", ".vhdl", ".ada"), (r"['\"][^'\"\n]*$|\$\$|`", "--")),
    **dict.fromkeys((".m", ".erl"), (r"\.\.\.|\"\"\"|`", "%")),
    ".py": ("", "#"),
    ".r": (r"['\"`][^'\"`\n]*$", "#"),
    ".jl": (r'"""|`', "#"),
}
"""For each extension: what may open a string of several lines, and what begins a comment to the end of the line."""

_COMMENT = re.compile(r"\s*(?:#|//|--|%)")
_LINE = re.compile(r"^(?P<code>[^\n]*?)(?P<blank>[ \t]*)(?P<end>\r?)$", re.MULTILINE)


def known(suffix: str) -> bool:
    """Whether lines of this kind of file may carry a mark."""
    return suffix.lower() in LANGUAGES


def comment_prefix(suffix: str) -> str | None:
    """What begins a comment line in this language; nothing for an unknown one."""
    return LANGUAGES[suffix.lower()][1] if known(suffix) else None


def carriers(text: str, suffix: str, channels: frozenset[Channel]) -> list[Carrier]:
    """Line ends, and spacing, width and wording in lines that are comments, outside strings of several lines.

    Python is tokenised. In other languages nothing is a carrier from where a string may go on over a line end: blanks
    there would change the program.
    """
    opener, comment = LANGUAGES[suffix.lower()]
    python = suffix.lower() == ".py"
    end = len(text) if python else _safe_length(text, opener)
    inside = _python_strings(text) if python else frozenset()
    found: list[Carrier] = []
    shown = channels & {Channel.SPACING, Channel.WIDTH, Channel.WORDING}
    for number, line in enumerate(_LINE.finditer(text, 0, end), 1):
        code = line["code"]
        if number in inside:
            continue
        if code.lstrip().startswith(comment):
            found += [_moved(one, line.start("code")) for one in prose_carriers(code, shown)]
        context = re.sub(r"\s", "", code)
        blank = line["blank"]
        if (
            Channel.LINE not in channels
            or len(context) < LEAST
            or code.endswith("\\")
            or (blank and blank not in _PLACES)
        ):
            continue
        found.append(Carrier(Channel.LINE, *line.span("blank"), FORMS, _PLACES.get(blank), _invariant(code)))
    return found


def seen(text: str) -> list[Carrier]:
    """What can be read in a leak, whatever its name and however it was cut: every line that ends in a run of ours.

    Lines that begin like a comment in any language are looked at for spacing, width and wording.
    """
    found: list[Carrier] = []
    for line in _LINE.finditer(text):
        code, blank = line["code"], line["blank"]
        if _COMMENT.match(code):
            shown = frozenset({Channel.SPACING, Channel.WIDTH, Channel.WORDING})
            found += [_moved(one, line.start("code")) for one in prose_carriers(code, shown)]
        if blank in _PLACES and len(re.sub(r"\s", "", code)) >= LEAST:
            found.append(Carrier(Channel.LINE, *line.span("blank"), FORMS, _PLACES[blank], _invariant(code)))
    return found


def _safe_length(text: str, opener: str) -> int:
    opened = re.search(opener, text, re.MULTILINE)
    if opened is None:
        return len(text)
    return text.rfind("\n", 0, opened.start()) + 1


def _python_strings(text: str) -> frozenset[int]:
    """The lines (from 1) whose end lies inside a string; all of them where the text is not Python."""
    inside: set[int] = set()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            inside.update(range(token.start[0], token.end[0]))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return frozenset(range(1, text.count("\n") + 2))
    return frozenset(inside)


def _invariant(code: str) -> str:
    """The line without blanks, width and wording folded: neither indentation nor another channel changes it."""
    return fold(re.sub(r"\s", "", unicodedata.normalize("NFKC", code)))


def _moved(one: Carrier, by: int) -> Carrier:
    return Carrier(one.channel, one.start + by, one.end + by, one.forms, one.seen, one.context)


def same_program(before: str, after: str, suffix: str) -> bool:
    """Whether two Python texts parse to the same tree; for other languages the rule of `carriers` stands alone."""
    if suffix.lower() != ".py":
        return True
    try:
        return ast.dump(ast.parse(before)) == ast.dump(ast.parse(after))
    except (SyntaxError, ValueError, RecursionError):
        return False
