"""The mark of a copy put into an open PDF, and the copy read out of a leak with the help of the original."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pikepdf
import pypdfium2

from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.glyphs.content import glyphs_of, move_glyphs
from midun.lib.marking.glyphs.measure import measured
from midun.lib.marking.glyphs.score import LIMIT, Named, name, sides
from midun.lib.marking.keys import MarkKey

Gray = npt.NDArray[np.uint8]


def move_copy(pdf: pikepdf.Pdf, copy_id: bytes, key: MarkKey) -> int:
    """Move every second glyph of every page as the copy id says; returns how many glyphs were moved.

    A page whose content cannot be followed stays as it is.
    """
    moved = 0
    for number, page in enumerate(pdf.pages):
        drawn = sides(copy_id, number, len(glyphs_of(page)), key)
        moved += _moved(pdf, page, drawn) // 2
    return moved


def _moved(pdf: pikepdf.Pdf, page: pikepdf.Page, drawn: npt.NDArray[np.int8]) -> int:
    return move_glyphs(pdf, page, lambda n: float(drawn[n]) if n % 2 else 0.0)


def check_same_text(original: bytes, copy: bytes) -> None:
    """Whether every page of the copy yields the text of the original.

    Raises:
        Refused: NOT_VERIFIED, a page does not.

    """
    if _texts(original) != _texts(copy):
        raise Refused(Reason.NOT_VERIFIED, "移动字位后文字与原件不一致，没有生成副本；请不用“--glyphs”再试。")


def _texts(data: bytes) -> list[str]:
    opened = pypdfium2.PdfDocument(data)
    try:
        return [page.get_textpage().get_text_range() for page in opened]
    finally:
        opened.close()


def find_copy(original: bytes, planes: Iterable[Gray], ids: Sequence[bytes], key: MarkKey) -> Named | None:
    """Whose copy pictures of pages show, given the PDF that copies were made of.

    The bound of the answer is for all pictures looked at together.

    Args:
        original: the PDF as it was before marking.
        planes: pictures of pages or of parts of them, (rows, columns).
        ids: the copies of the original that were issued.
        key: the key they were made with.

    Raises:
        Refused: BROKEN, the original cannot be read.

    """
    try:
        for looked, plane in enumerate(planes, 1):
            found = name(list(measured(original, plane)), ids, key, LIMIT / looked**2 / 2)
            if found is not None:
                error = found.log10_error + math.log10(2 * looked**2)
                return Named(found.copy_id, found.glyphs, found.agreed, error)
    except (pikepdf.PdfError, pypdfium2.PdfiumError) as error:
        raise Refused(Reason.BROKEN, "原件已损坏或设有密码，无法比对字位。") from error
    return None
