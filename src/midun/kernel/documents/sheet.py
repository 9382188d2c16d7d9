"""A record on one sheet to print, sign and file: labelled boxes, two to a row or one across (办理单, 记录表)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from midun.kernel.documents.pdf import compile_pdf


@dataclass(frozen=True)
class Box:
    """A labelled box. `height` in mm leaves room to write; `sign` prints a line for signature and date at its foot."""

    label: str
    text: str = ""
    height: int = 0
    sign: str = ""


@dataclass(frozen=True)
class RecordSheet:
    """A sheet: title, a line above the table (left and right), rows of one or two boxes, notes below."""

    title: str
    left: str
    right: str
    rows: Sequence[tuple[Box, ...]]
    notes: Sequence[str] = ()


def sheet_pdf(sheet: RecordSheet, *, at: datetime) -> bytes:
    """The sheet as A4 pages; a box that is too long breaks across pages."""
    data = {
        "title": sheet.title,
        "left": sheet.left,
        "right": sheet.right,
        "notes": list(sheet.notes),
        "rows": [
            [{"label": b.label, "text": b.text, "height": b.height, "sign": b.sign} for b in row] for row in sheet.rows
        ],
    }
    return compile_pdf("sheet.typ", data, at=at)
