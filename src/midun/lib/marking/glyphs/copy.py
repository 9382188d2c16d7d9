"""The mark of a copy put into an open PDF, and the copy read out of a leak with the help of the original."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pikepdf
import pypdfium2

from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.glyphs.content import Mover, move_glyphs
from midun.lib.marking.glyphs.measure import measured
from midun.lib.marking.glyphs.score import LIMIT, Measured, Named, name, sides
from midun.lib.marking.keys import MarkKey

Gray = npt.NDArray[np.uint8]
_DRAWN = 4096


def move_copy(pdf: pikepdf.Pdf, copy_id: bytes, key: MarkKey) -> int:
    """Move every second glyph of every page as the copy id says; returns how many glyphs were moved.

    A page whose content cannot be followed stays as it is.
    """
    return sum(move_glyphs(pdf, page, _mover(copy_id, n, key)) // 2 for n, page in enumerate(pdf.pages))


def _mover(copy_id: bytes, page: int, key: MarkKey) -> Mover:
    """Sides are drawn as they are needed: how many glyphs a page has is known once it was read."""
    drawn = sides(copy_id, page, _DRAWN, key)

    def move(number: int) -> float:
        nonlocal drawn
        if number >= len(drawn):
            drawn = sides(copy_id, page, 2 * number, key)  # begins as the shorter one
        return float(drawn[number]) if number % 2 else 0.0

    return move


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


def find_copies(
    original: bytes, planes: Iterable[Gray], issued: Sequence[tuple[MarkKey, Sequence[bytes]]]
) -> list[Named | None]:
    """Whose copy pictures of pages show under each key, given the PDF that copies were made of.

    Pictures are looked at until each key has its answer; the bound of an answer is for all of them together.

    Args:
        original: the PDF as it was before marking.
        planes: pictures of pages or of parts of them, (rows, columns).
        issued: keys, each with the copies that were issued under it.

    Raises:
        Refused: BROKEN, the original cannot be read.

    """
    answers: list[Named | None] = [None] * len(issued)
    try:
        for looked, plane in enumerate(planes, 1):
            seen = list(measured(original, plane))
            for place, (key, ids) in enumerate(issued):
                answers[place] = answers[place] or _among(seen, looked, key, ids)
            if all(answers):
                break
    except (pikepdf.PdfError, pypdfium2.PdfiumError) as error:
        raise Refused(Reason.BROKEN, "原件已损坏或设有密码，无法比对字位。") from error
    return answers


def _among(seen: Sequence[Measured], looked: int, key: MarkKey, ids: Sequence[bytes]) -> Named | None:
    """The limit shrinks with each picture, so that it holds for all of them."""
    tried = 2 * looked**2
    found = name(seen, ids, key, LIMIT / tried)
    return found and replace(found, log10_error=found.log10_error + math.log10(tried))


def find_copy(original: bytes, planes: Iterable[Gray], ids: Sequence[bytes], key: MarkKey) -> Named | None:
    """As `find_copies`, under one key."""
    return find_copies(original, planes, [(key, ids)])[0]
