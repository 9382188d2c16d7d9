"""Whose copy is it: every carrier of a leaked file is looked at, every answer comes with its bound on error."""

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pypdfium2
from lxml import etree

from midun.lib.marking.collusion.accuse import accuse
from midun.lib.marking.documents.files import Kind, kind_of, text_of
from midun.lib.marking.documents.package import Package
from midun.lib.marking.documents.text import source
from midun.lib.marking.documents.text.mark import LIMIT, decode, identify, observe
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.glyphs.copy import find_copies
from midun.lib.marking.image.detector import Found, detect, detect_all
from midun.lib.marking.image.embedder import LEAST_SIDE
from midun.lib.marking.image.files import MAX_PIXELS, gray
from midun.lib.marking.image.regions import Box
from midun.lib.marking.image.trial import Budget
from midun.lib.marking.keys import MarkKey

DPI = 110
MOST_PAGES, MOST_PICTURES, MOST_TEXT = 20, 40, 2_000_000
PROSE, SOURCE = ".txt", ".py"
_LEAST = -300.0
_SAMPLE = 512
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")


@dataclass(frozen=True)
class Attribution:
    """An id, from which carrier and where, and the bound on the probability of a false one as a power of ten.

    `regions` are the boxes (left, top, right, bottom; pixels of the image looked at) where an image mark was seen.
    """

    copy_id: bytes
    carrier: str
    place: str
    log10_error: float
    key: MarkKey
    matrix: npt.NDArray[np.float64] | None = field(default=None, compare=False)
    """For images: the map from the tile plane to the image, 3 × 3."""
    regions: tuple[Box, ...] = ()


def trace(
    data: bytes,
    suffix: str,
    keys: Sequence[MarkKey],
    issued: Mapping[str, Sequence[bytes]],
    pages: int = MOST_PAGES,
) -> list[Attribution]:
    """What the carriers of a file say under these keys; `issued` are the ids of a registry by key fingerprint.

    Error bounds hold per carrier looked at. Pages and pictures are looked at until one answers for the key.

    Raises:
        Refused: the file cannot be read.

    """
    kind = kind_of(data)
    found: list[Attribution] = []
    for key in keys:
        ids = list(issued.get(key.fingerprint, ()))
        if kind is Kind.TEXT:
            found += _text(text_of(data), suffix, key, ids)
        elif kind is Kind.PDF:
            found += _pdf(data, key, ids, pages)
        elif kind is Kind.OFFICE:
            found += _office(data, key, ids)
        else:
            found += _images([("图像", gray(data))], key, "image", ids)
    return found


def confirm(data: bytes, suffix: str, key: MarkKey, copy_id: bytes) -> bool:
    """Whether a fresh copy reads back: from the middle of its first page or layer if that suffices, else from all.

    Raises:
        Refused: the file cannot be read.

    """
    for _, plane in _first_plane(data):
        top, left = ((side - min(side, _SAMPLE)) // 2 for side in plane.shape)
        got = detect(np.ascontiguousarray(plane[top : top + _SAMPLE, left : left + _SAMPLE]), key)
        if got is not None and got.copy_id == copy_id:
            return True
    found = trace(data, suffix, [key], {key.fingerprint: [copy_id]}, pages=1)
    return any(one.copy_id == copy_id for one in found)


def trace_glyphs(
    original: bytes, data: bytes, keys: Sequence[MarkKey], issued: Mapping[str, Sequence[bytes]]
) -> list[Attribution]:
    """What the glyphs of a leaked page say, read against the PDF that the copies were made of.

    Raises:
        Refused: the leak or the original cannot be read.

    """
    found = []
    pairs = [(key, issued.get(key.fingerprint, ())) for key in keys]
    answers = find_copies(original, (plane for _, plane in planes(data)), pairs)
    for key, got in zip(keys, answers, strict=True):
        if got is not None:
            how = f"{got.glyphs} 个字位中 {got.agreed} 个相符"
            found.append(Attribution(got.copy_id, "pdf-glyphs", how, max(got.log10_error, _LEAST), key))
    return found


def planes(data: bytes, pages: int = MOST_PAGES) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    """The planes an image mark is looked for in, by place: pages of a PDF, pictures of an Office file, or the image.

    Raises:
        Refused: the file cannot be read.

    """
    kind = kind_of(data)
    if kind is Kind.PDF:
        with _opened(data) as opened:
            yield from _rendered(opened, min(len(opened), pages))
    elif kind is Kind.OFFICE:
        package = Package(data)
        yield from _media(package, _pictures(package))
    elif kind is not Kind.TEXT:
        yield "图像", gray(data)


def _first_plane(data: bytes) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    kind = kind_of(data)
    if kind is Kind.PDF:
        with _opened(data) as opened:
            yield from _rendered(opened, 1)
    if kind is Kind.OFFICE:
        package = Package(data)
        yield from _media(package, [name for name in package.names() if "midunmark" in name.lower()][:1])


def _text(text: str, suffix: str, key: MarkKey, ids: list[bytes]) -> list[Attribution]:
    """Read as prose and as source code: what was pasted has lost its name. Both readings count in the bound."""
    first = suffix if source.known(suffix) else PROSE
    for reading in (first, PROSE if first != PROSE else SOURCE):
        observed = observe(text[:MOST_TEXT], key, reading)
        got = decode(observed, key) or identify(observed, ids, key, LIMIT / 2)
        if got is not None:
            error = math.log10(2 * got.probability) if got.probability else -math.inf
            how = f"{got.of} 位中 {got.bits} 位相符"
            return [Attribution(got.copy_id, "text", how, max(error, _LEAST), key)]
    return []


def _images(
    planes: Iterator[tuple[str, npt.NDArray[np.uint8]]] | list, key: MarkKey, carrier: str, ids: Sequence[bytes]
) -> list[Attribution]:
    for looked, (place, plane) in enumerate(planes, 1):
        if min(plane.shape) < LEAST_SIDE // 3:
            continue
        budget = Budget()
        found = [_attributed(one, carrier, place, looked, key) for one in detect_all(plane, key, budget)]
        known = {one.copy_id for one in found}
        for one in accuse(budget.dimensions, ids, key):
            if one.copy_id not in known:
                how = f"{place}，合谋追踪编码，分值 {one.score:.1f}"
                found.append(Attribution(one.copy_id, carrier, how, one.log10_error + math.log10(looked), key))
        if found:
            return found
    return []


def _attributed(found: Found, carrier: str, place: str, looked: int, key: MarkKey) -> Attribution:
    regions = found.regions.boxes if found.regions else ()
    seen = f"{place}，见于 {100 * found.regions.share:.0f}% 的面积" if found.regions and regions else place
    return Attribution(found.copy_id, carrier, seen, found.log10_error + math.log10(looked), key, found.matrix, regions)


def _pdf(data: bytes, key: MarkKey, ids: list[bytes], pages: int) -> list[Attribution]:
    with _opened(data) as opened:
        most = min(len(opened), pages)
        found = _images(_rendered(opened, most), key, "pdf-layer", ids)
        text = "\n".join(opened[number].get_textpage().get_text_range() for number in range(most))
        return found + _text(text, ".txt", key, ids)


@contextlib.contextmanager
def _opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    try:
        opened = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Refused(Reason.BROKEN, "PDF 已损坏或设有密码，无法读取。") from error
    try:
        yield opened
    finally:
        opened.close()


def _rendered(opened: pypdfium2.PdfDocument, pages: int) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    for number in range(pages):
        width, height = opened[number].get_size()
        scale = min(DPI / 72, math.sqrt(MAX_PIXELS / 4 / max(width * height, 1)))
        plane = opened[number].render(scale=scale, grayscale=True).to_numpy()
        yield f"第 {number + 1} 页", np.ascontiguousarray(plane.reshape(plane.shape[:2]), np.uint8)


def _office(data: bytes, key: MarkKey, ids: list[bytes]) -> list[Attribution]:
    package = Package(data)
    found = _images(_media(package, _pictures(package)), key, "office-layer", ids)
    words: list[str] = []
    for name in sorted(package.names(), key=_mark_first):
        if name.endswith(".xml") and ("document" in name or "slides/slide" in name or "sharedStrings" in name):
            words += _words(package.xml(name))
    return found + _text("\n".join(words), ".txt", key, ids)


def _mark_first(name: str) -> bool:
    return "midunmark" not in name.lower()


def _pictures(package: Package) -> list[str]:
    names = sorted(package.names(), key=_mark_first)
    return [name for name in names if name.lower().endswith(_PICTURES)][:MOST_PICTURES]


def _media(package: Package, names: list[str]) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    for name in names:
        try:
            plane = gray(package.part(name))
        except Refused:
            continue  # a picture that cannot be read says nothing; the others may
        if "midunmark" in name.lower() and max(plane.shape) < 2 * LEAST_SIDE:
            plane = np.tile(plane, (2, 2))  # the background tile of a sheet, as the sheet shows it
        yield name, plane


def _words(root: etree._Element) -> list[str]:
    """One string per paragraph, shared string or shape."""
    paragraphs = [one for one in root.iter() if isinstance(one.tag, str) and etree.QName(one).localname in {"p", "si"}]
    texts = [
        "".join(
            one.text or "" for one in paragraph.iter() if isinstance(one.tag, str) and etree.QName(one).localname == "t"
        )
        for paragraph in paragraphs
    ]
    return [text for text in texts if text]
