"""The label in a comment line of source code, Markdown, HTML and XML; other text has a side-car."""

import base64
import re

from midun.lib.marking.documents.text import source

_HASH = (".sh", ".bash", ".yaml", ".yml", ".toml", ".rb", ".pl", ".tcl", ".cmake", ".mk", ".tf")
_MARKUP = (".md", ".markdown", ".html", ".htm", ".xml", ".svg")
_LINE = re.compile(r"^[^\w\n]{1,4} midun-label: (?P<label>[\w=-]+)(?: -->)?\r?\n", re.MULTILINE)
_HEAD = re.compile(
    r"\ufeff?(?:\A#![^\n]*\n)?(?:[ \t\f]*#.*?coding[:=][^\n]*\n)?(?:<\?xml[^\n]*\n)?(?:<!DOCTYPE[^\n]*\n)?"
    r"(?:---\n(?s:.*?)\n---\n)?",
    re.IGNORECASE,
)


def wrapping(suffix: str) -> tuple[str, str] | None:
    """What stands before and after the label in a comment of this kind of file; nothing if it has a side-car."""
    suffix = suffix.lower()
    if suffix in _MARKUP:
        return "<!-- ", " -->"
    if suffix == ".php":
        return None
    prefix = "#" if suffix in _HASH else "%" if suffix == ".tex" else source.comment_prefix(suffix)
    return None if prefix is None else (prefix + " ", "")


def add(text: str, suffix: str, envelope: bytes) -> str:
    """The text with the label in its comment line; the caller has checked `wrapping`."""
    before, after = wrapping(suffix) or ("", "")
    text = remove(text)
    end = "\r\n" if "\r\n" in text[:10_000] else "\n"
    line = f"{before}midun-label: {base64.urlsafe_b64encode(envelope).decode()}{after}{end}"
    head = _HEAD.match(text)
    place = head.end() if head else 0
    return text[:place] + line + text[place:]


def get(text: str) -> bytes | None:
    """The envelope of the first label line."""
    found = _LINE.search(text)
    if found is None:
        return None
    try:
        return base64.urlsafe_b64decode(found["label"])
    except ValueError:
        return b""


def remove(text: str) -> str:
    """The text without label lines."""
    return _LINE.sub("", text)
