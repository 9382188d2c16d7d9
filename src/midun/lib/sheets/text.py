"""What a cell's text may contain, the same on the way in and on the way out."""

import re
import unicodedata

# Line breaks of every platform count as one kind; a tab inside a cell is only space.
_BREAK = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Control characters, byte order marks, bidirectional overrides (they can make one name look
# like another), lone surrogates and non-characters.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069"
    "\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
_IS_WIDE = re.compile(f"[{_WIDE}“”‘’—…·]")


def clean(text: str) -> str:
    """NFC, one kind of line break, no control characters, no outer white space."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _BREAK.sub("\n", text).replace("\t", " ")
    return unicodedata.normalize("NFC", _UNWANTED.sub("", text)).strip()


def unwrap(text: str) -> str:
    """Undo the line breaks a narrow column forces into a short text: 市市场⏎监管局 → 市市场监管局.

    Between Chinese characters nothing is put in their place, otherwise one space.
    """
    parts = [part for part in (line.strip() for line in text.split("\n")) if part]
    joined = ""
    for part in parts:
        needs_space = joined and not _IS_WIDE.match(joined[-1]) and not _IS_WIDE.match(part[0])
        joined += f" {part}" if needs_space else part
    return joined
