"""Carriers in prose: invisible runs after punctuation, CJK-Latin spacing, width of punctuation, wording."""

import re
import unicodedata
from collections.abc import Iterator

from midun.lib.marking.documents.text.carriers import Carrier, Channel
from midun.lib.marking.documents.text.lexicon import FINDER, PAIRS, fold

ALPHABET = "\u200b\u200c\u200d\u2060"
"""Four characters without width that Unicode gives no other effect between CJK characters and after punctuation."""

RUN = 4
HIDDEN_CONTEXT, SIDE_CONTEXT, REACH = 8, 5, 60
CJK = "\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(f"[{CJK}A-Za-z0-9]")
_HIDDEN_RUN = re.compile(f"[{ALPHABET}]+")
_STOP = re.compile(
    rf"(?:[，。；：、！？]|(?<=[{CJK}A-Za-z])[,.;:!?](?=[{ALPHABET}]*(?:\s|$))|[,.;:!?](?=[{ALPHABET}]))(?P<run>[{ALPHABET}]*)(?![{ALPHABET}])",
    re.MULTILINE,
)
_BOUNDARY = re.compile(f"(?<=[{CJK}])(?P<a> ?)(?=[A-Za-z0-9])|(?<=[A-Za-z0-9%])(?P<b> ?)(?=[{CJK}])")
_BRACKETS = re.compile(f"(?P<open>[（(])(?P<inside>[^（()）\n]{{0,40}}[{CJK}][^（()）\n]{{0,40}})(?P<close>[)）])")
_COLON = re.compile(f"(?<=[{CJK}])[：:](?=[{ALPHABET}]*[{CJK}])")
_FROZEN = re.compile(
    r"\A---\n(?s:.*?)^---$|^(?:```|~~~)(?s:.*?)^(?:```|~~~)|`[^`\n]*`|https?://[!-~]+|^[ ]*\|[^\n]*$"
    r"|[“「『《【][^”」』》】\n]{0,200}[”」』》】]",
    re.MULTILINE,
)
"""What is never touched: front matter, code, addresses, tables, quotations and titles."""

FORMS = tuple(
    "".join(ALPHABET[number >> shift & 3] for shift in range(2 * RUN - 2, -1, -2)) for number in range(4**RUN)
)
_PLACES = {form: number for number, form in enumerate(FORMS)}


def strip_hidden(text: str) -> str:
    """The text without our invisible runs; single joiners (emoji, Indic scripts) stay."""
    return _STOP.sub(lambda found: found.group().rstrip(ALPHABET) if len(found["run"]) == RUN else found.group(), text)


def plain(text: str) -> str:
    """What of a text survives every channel that keeps its words: NFKC, letters and digits, paired words folded."""
    text = unicodedata.normalize("NFKC", _HIDDEN_RUN.sub("", text))
    return "".join(_WORD.findall(fold("".join(_WORD.findall(text)))))


def _before(text: str, start: int, count: int) -> str:
    return plain(text[max(0, start - REACH) : start])[-count:]


def _around(text: str, start: int, end: int) -> str:
    after = plain(text[end : end + REACH])[:SIDE_CONTEXT]
    return f"{_before(text, start, SIDE_CONTEXT)}|{after}"


def carriers(text: str, channels: frozenset[Channel]) -> list[Carrier]:
    """All carriers of those channels, in order, not overlapping."""
    frozen = [found.span() for found in _FROZEN.finditer(text)]
    found = sorted(_all(text, channels), key=lambda one: (one.start, one.end))
    kept: list[Carrier] = []
    place = 0
    for one in found:
        while place < len(frozen) and frozen[place][1] <= one.start:
            place += 1
        inside = place < len(frozen) and frozen[place][0] < max(one.end, one.start + 1) and one.end > frozen[place][0]
        if not inside and (not kept or one.start >= kept[-1].end):
            kept.append(one)
    return kept


def _all(text: str, channels: frozenset[Channel]) -> Iterator[Carrier]:
    if Channel.HIDDEN in channels:
        yield from _hidden(text)
    if Channel.SPACING in channels:
        yield from _spacing(text)
    if Channel.WIDTH in channels:
        yield from _width(text)
    if Channel.WORDING in channels:
        yield from _wording(text)


def _hidden(text: str) -> Iterator[Carrier]:
    for found in _STOP.finditer(text):
        run, context = found["run"], _before(text, found.start(), HIDDEN_CONTEXT)
        if len(context) < HIDDEN_CONTEXT or (run and run not in _PLACES):
            continue
        yield Carrier(Channel.HIDDEN, *found.span("run"), FORMS, _PLACES.get(run), context)


def _spacing(text: str) -> Iterator[Carrier]:
    for found in _BOUNDARY.finditer(text):
        start, end = found.span()
        yield Carrier(Channel.SPACING, start, end, ("", " "), end - start, _around(text, start, end))


def _width(text: str) -> Iterator[Carrier]:
    """Opening and closing bracket share a context, hence a bit: they never differ."""
    for found in _BRACKETS.finditer(text):
        context = _around(text, *found.span("open"))
        for name, forms in (("open", ("（", "(")), ("close", ("）", ")"))):
            yield Carrier(Channel.WIDTH, *found.span(name), forms, forms.index(found[name]), context)
    for found in _COLON.finditer(text):
        forms = ("：", ":")
        yield Carrier(Channel.WIDTH, *found.span(), forms, forms.index(found.group()), _around(text, *found.span()))


def _wording(text: str) -> Iterator[Carrier]:
    for found in FINDER.finditer(text):
        pair = PAIRS[int(str(found.lastgroup)[1:])]
        forms = (pair.first, pair.second)
        yield Carrier(Channel.WORDING, *found.span(), forms, forms.index(found.group()), _around(text, *found.span()))
