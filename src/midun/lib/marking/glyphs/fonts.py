"""Codes and widths of the fonts of a PDF (ISO 32000-1 §9.6, §9.7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pikepdf
from pikepdf import Array, Dictionary, Name

_UNIT = 1000.0
_SIMPLE = (Name.Type1, Name.TrueType, Name.MMType1)
_MOST_CODES = 70_000


@dataclass(frozen=True)
class Font:
    """A horizontal font: bytes per code and the advance of a code, in text space units for a size of one."""

    step: int
    widths: Mapping[int, float] = field(repr=False)
    default: float

    def codes(self, text: bytes) -> list[bytes]:
        """The text cut into codes."""
        return [text[n : n + self.step] for n in range(0, len(text), self.step)]

    def advance(self, code: bytes) -> float:
        """How far the pen moves after a code."""
        return self.widths.get(int.from_bytes(code, "big"), self.default)


def font_of(font: pikepdf.Object | None) -> Font | None:
    """What is known of a font; nothing for vertical and Type 3 fonts, other encodings and fonts without widths."""
    if not isinstance(font, Dictionary):
        return None
    try:
        if font.get("/Subtype") == Name.Type0:
            return _composite(font)
        return _simple(font) if font.get("/Subtype") in _SIMPLE else None
    except (TypeError, ValueError, ArithmeticError, IndexError, pikepdf.PdfError):
        return None  # a malformed font: its glyphs stay where they are


def _simple(font: Dictionary) -> Font | None:
    widths = font.get("/Widths")
    if not isinstance(widths, Array):
        return None
    first, descriptor = int(font.get("/FirstChar", 0)), font.get("/FontDescriptor")
    missing = float(descriptor.get("/MissingWidth", 0)) if isinstance(descriptor, Dictionary) else 0.0
    known = {first + n: float(width) / _UNIT for n, width in enumerate(list(widths)[:256])}
    return Font(1, known, missing / _UNIT)


def _composite(font: Dictionary) -> Font | None:
    below = font.get("/DescendantFonts")
    if font.get("/Encoding") != Name("/Identity-H") or not isinstance(below, Array) or not len(below):
        return None
    descendant = below[0]
    if not isinstance(descendant, Dictionary):
        return None
    return Font(2, _listed(descendant.get("/W")), float(descendant.get("/DW", 1000)) / _UNIT)


def _listed(entries: object) -> dict[int, float]:
    """The /W array: `c [w1 w2 …]` and `first last w` (§9.7.4.3)."""
    known: dict[int, float] = {}
    rest = list(entries) if isinstance(entries, Array) else []
    at = 0
    while at + 1 < len(rest):
        first, second = int(rest[at]), rest[at + 1]
        if isinstance(second, Array):
            known.update({first + n: float(width) / _UNIT for n, width in enumerate(second)})
            at += 2
        elif at + 2 < len(rest):
            last = min(int(second), first + _MOST_CODES)
            known.update(dict.fromkeys(range(first, last + 1), float(rest[at + 2]) / _UNIT))
            at += 3
        else:
            break
    return known
