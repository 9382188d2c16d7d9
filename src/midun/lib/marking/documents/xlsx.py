"""The mark in Excel files: each sheet's background tile (seen on screen) and a label line in its footer (printed)."""

import re

from lxml import etree

from midun.lib.marking.documents.layer import opaque_tile
from midun.lib.marking.documents.package import OFFICE_RELS, Package, write_xml
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.image.strength import NORMAL, Profile
from midun.lib.marking.keys import MarkKey

S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MAX_FOOTER = 255
_AFTER_FOOTER = [
    "rowBreaks",
    "colBreaks",
    "customProperties",
    "cellWatches",
    "ignoredErrors",
    "smartTags",
    "drawing",
    "legacyDrawing",
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
]
_AFTER_PICTURE = _AFTER_FOOTER[_AFTER_FOOTER.index("picture") + 1 :]
_PARTS = re.compile(r"&([LCR])")


def mark(package: Package, copy_id: bytes, key: MarkKey, line: str, profile: Profile = NORMAL) -> None:
    """Put tile and footer on every worksheet; a sheet with a background of its own keeps it.

    Raises:
        Refused: NO_CARRIER, there is no worksheet, or none is free for the background.

    """
    sheets = package.related(package.main, "worksheet")
    image = package.fresh("xl/media/midunMark{}.png")
    package.default_type("png", "image/png")
    free = 0
    for sheet in sheets:
        root = package.xml(sheet)
        if root.find(f"{{{S}}}picture") is None:
            free += 1
            relation = package.relate(sheet, image, f"{OFFICE_RELS}/image")
            background = etree.Element(f"{{{S}}}picture")
            background.set(f"{{{OFFICE_RELS}}}id", relation)
            _insert(root, background, _AFTER_PICTURE)
        _footer(root, line)
        package.put(sheet, write_xml(root))
    if not free:
        raise Refused(Reason.NO_CARRIER, "工作簿没有可放密标的工作表（没有工作表，或都已设背景图片）。")
    package.put(image, opaque_tile(copy_id, key, profile))


def _insert(root: etree._Element, child: etree._Element, after: list[str]) -> None:
    for place, one in enumerate(root):
        if isinstance(one.tag, str) and etree.QName(one).localname in after:
            root.insert(place, child)
            return
    root.append(child)


def _footer(root: etree._Element, line: str) -> None:
    """Add the line to the footer of all, even and first pages, in a part of it that is free."""
    held = root.find(f"{{{S}}}headerFooter")
    if held is None:
        held = etree.Element(f"{{{S}}}headerFooter")
        _insert(root, held, _AFTER_FOOTER)
    wanted = ["oddFooter"]
    wanted += ["evenFooter"] if held.get("differentOddEven") in {"1", "true"} else []
    wanted += ["firstFooter"] if held.get("differentFirst") in {"1", "true"} else []
    order = ["oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"]
    for name in wanted:
        footer = held.find(f"{{{S}}}{name}")
        if footer is None:
            footer = etree.Element(f"{{{S}}}{name}")
            _insert(held, footer, order[order.index(name) + 1 :])
        footer.text = with_line(footer.text or "", line)


def with_line(footer: str, line: str) -> str:
    """The footer code with the line in its first free part, else after the text in the middle; never over 255."""
    line = line.replace("&", "&&")
    pieces = _PARTS.split(footer)
    parts = {"L": "", "C": pieces[0], "R": ""}
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        parts[name] += text
    place = next((name for name in "CLR" if not parts[name].strip()), None)
    if place:
        parts[place] = line
    else:
        parts["C"] += "\n" + line
    joined = "".join(f"&{name}{text}" for name, text in parts.items() if text)
    if len(joined) <= MAX_FOOTER:
        return joined
    return footer if footer and len(footer) <= MAX_FOOTER else f"&C{line[: MAX_FOOTER - 2]}"
