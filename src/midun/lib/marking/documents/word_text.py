"""Invisible runs in the text of a Word file, so that a pasted paragraph names its copy."""

from itertools import accumulate

from lxml import etree

from midun.lib.marking.documents.text import prose
from midun.lib.marking.documents.text.carriers import Channel
from midun.lib.marking.documents.text.mark import LEAST_BITS, form_of
from midun.lib.marking.keys import MarkKey

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_TEXT, _PARAGRAPH = f"{{{W}}}t", f"{{{W}}}p"
_BITS = 8


def mark_text(document: etree._Element, copy_id: bytes, key: MarkKey) -> bool:
    """Put the runs into the text elements of the body; false, and nothing done, if there is too little text.

    Only characters without width are added, each inside the text element it follows: runs, fields and formatting stay.
    """
    elements: list[etree._Element] = []
    pieces: list[str] = []
    for paragraph in document.iter(_PARAGRAPH):
        own = [one for one in paragraph.iter(_TEXT) if next(one.iterancestors(_PARAGRAPH)) is paragraph]
        elements += own
        pieces += [one.text or "" for one in own]
        if own:
            pieces[-1] += "\n"
    text = "".join(pieces)
    places = prose.carriers(text, frozenset({Channel.HIDDEN}))
    if any(one.seen is not None for one in places) or len({one.context for one in places}) * _BITS < LEAST_BITS:
        return False
    ends = list(accumulate(len(piece) for piece in pieces))
    place = len(elements) - 1
    for carrier in reversed(places):
        while place and ends[place - 1] >= carrier.start:
            place -= 1
        begin = ends[place - 1] if place else 0
        at = carrier.start - begin
        held = elements[place].text or ""
        elements[place].text = held[:at] + carrier.forms[form_of(carrier, copy_id, key)] + held[at:]
        elements[place].set(_XML_SPACE, "preserve")
    return True
