"""The bookmarks around the generated blocks of a report, and the digest that shows whether a person changed one."""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image, UnidentifiedImageError

_NAME = re.compile(r"_midun_([0-9a-f]{12})_([a-z0-9_]{1,20})")
_PICTURE = re.compile(r"midun-([0-9a-f]{64})")
_ALIKE = 24
"""So many of the 256 bits of a picture's fingerprint may differ after another program saved it anew."""


@dataclass(frozen=True)
class Mark:
    """A block found in a document: its key, the digest it was generated with, and its paragraphs and tables."""

    key: str
    digest: str
    elements: list[Any]


def enclose(document: Any, elements: Sequence[Any], key: str) -> None:
    """Put the bookmark round the elements, from the beginning of the first to the end of the last (paragraphs both)."""
    used = [int(e.get(qn("w:id"), "0")) for e in document.element.body.iter(qn("w:bookmarkStart"))]
    number = str(max(used, default=0) + 1 + sum(map(ord, key)))
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for edge in (start, end):
        edge.set(qn("w:id"), number)
    start.set(qn("w:name"), f"_midun_{digest(document, elements)}_{key.replace('-', '_')}")
    properties = elements[0].find(qn("w:pPr"))
    if properties is not None:
        properties.addnext(start)
    else:
        elements[0].insert(0, start)
    elements[-1].append(end)


def marks_of(document: Any) -> dict[str, Mark]:
    """The blocks of a document by key. A bookmark whose end is lost is left alone.

    LibreOffice writes the beginning of a bookmark that spans pictures twice; the first beginning counts.
    """
    body = document.element.body
    ends = {e.get(qn("w:id")): e for e in body.iter(qn("w:bookmarkEnd"))}
    starts: dict[str, list[Any]] = {}
    for start in body.iter(qn("w:bookmarkStart")):
        starts.setdefault(start.get(qn("w:name"), ""), []).append(start)
    found: dict[str, Mark] = {}
    for name, edges in starts.items():
        named = _NAME.fullmatch(name)
        last = next((ends[e.get(qn("w:id"))] for e in reversed(edges) if e.get(qn("w:id")) in ends), None)
        if not named or last is None:
            continue
        elements = _between(body, _top(body, edges[0], after=True), _top(body, last, after=False))
        if elements:
            key = named[2].replace("_", "-")
            found[key] = Mark(key, named[1], elements)
    return found


def _top(body: Any, edge: Any, *, after: bool) -> Any:
    """The element of the body in which the edge of a bookmark lies; next to it where it stands between elements."""
    while edge is not None and edge.getparent() is not body:
        edge = edge.getparent()
    while edge is not None and edge.tag in (qn("w:bookmarkStart"), qn("w:bookmarkEnd")):
        edge = edge.getnext() if after else edge.getprevious()
    return edge


def _between(body: Any, first: Any, last: Any) -> list[Any]:
    children = list(body)
    if first is None or last is None or children.index(first) > children.index(last):
        return []
    return children[children.index(first) : children.index(last) + 1]


def digest(document: Any, elements: Sequence[Any]) -> str:
    """Over the text and the pictures, so that saving by another program does not count as a change.

    White space does not count. A generated picture carries its own fingerprint; one that no longer looks like it, or
    that a person put in, counts as a change.
    """
    words: list[str] = []
    for element in elements:
        words += [t.text or "" for t in element.iter(qn("w:t"))]
    pictures = [_picture(document, drawing) for e in elements for drawing in _drawings(e)]
    text = "".join("".join(words).split())
    return hashlib.sha256("\n".join([text, *pictures]).encode()).hexdigest()[:12]


def _drawings(element: Any) -> Iterator[Any]:
    fallback = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
    for drawing in element.iter(qn("w:drawing")):
        if not any(parent.tag == fallback for parent in drawing.iterancestors()):
            yield drawing


def _picture(document: Any, drawing: Any) -> str:
    named = next((_PICTURE.fullmatch(p.get("name", "")) for p in drawing.iter(qn("wp:docPr"))), None)
    blip = next(drawing.iter(qn("a:blip")), None)
    if named is None or blip is None:
        return "another picture"
    part = document.part.related_parts.get(blip.get(qn("r:embed")))
    seen = fingerprint(part.blob) if part is not None else ""
    same = seen and (int(seen, 16) ^ int(named[1], 16)).bit_count() <= _ALIKE
    return named[1] if same else "another picture"


def picture_name(data: bytes) -> str:
    """The name by which a generated picture is known again."""
    return f"midun-{fingerprint(data)}"


def fingerprint(data: bytes) -> str:
    """256 bits that hardly change when a picture is scaled or compressed anew; empty for data that is not a picture.

    Each bit says whether a point of the picture, made small and grey, is darker than its neighbour.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            small = image.convert("L").resize((17, 16), Image.Resampling.LANCZOS).tobytes()
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return ""
    bits = [small[row * 17 + x] < small[row * 17 + x + 1] for row in range(16) for x in range(16)]
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):064x}"


def forget_pictures(document: Any, removed: Sequence[Any]) -> None:
    """Drop the pictures of removed elements from the file, unless something else shows them."""
    gone = {b.get(qn("r:embed")) for e in removed for b in e.iter(qn("a:blip"))}
    used = {b.get(qn("r:embed")) for b in document.element.body.iter(qn("a:blip"))}
    for relation in gone - used:
        document.part.rels.pop(relation, None)
