"""The mark on PDF pages: one tiling pattern over each page, blend mode Multiply (ISO 32000-1 §8.7.3, §11.3.5).

Text stays text: page contents are wrapped, never rewritten, so the work per page is constant and memory does not grow
with the pages. One pattern of about 40 kB serves the whole file.
"""

import io
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from midun.lib.marking.documents.layer import DPI, multiply_tile
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.glyphs.copy import check_same_text, move_copy
from midun.lib.marking.image.strength import NORMAL, Profile
from midun.lib.marking.image.tile import SIDE
from midun.lib.marking.keys import MarkKey

PATTERN, STATE = Name("/MidunPattern"), Name("/MidunState")
MAX_PAGES = 20_000
_INCH = 72.0
_SIGNED = 1


def open_pdf(source: Path | bytes) -> Pdf:
    """Open a PDF that may be marked or labelled.

    Raises:
        Refused: BROKEN, ENCRYPTED (also if only a permission password is set), SIGNED, MACROS (JavaScript, actions that
            start programs), FORMAT (XFA forms), TOO_BIG.

    """
    try:
        pdf = pikepdf.open(io.BytesIO(source) if isinstance(source, bytes) else source, attempt_recovery=False)
        count = len(pdf.pages)
    except pikepdf.PasswordError as error:
        raise Refused(Reason.ENCRYPTED, "PDF 设有打开密码，请取消密码后再试。") from error
    except (pikepdf.PdfError, ValueError, RuntimeError, OSError, RecursionError) as error:
        raise Refused(Reason.BROKEN, "PDF 已损坏，请用阅读器打开并另存后再试。") from error
    if pdf.is_encrypted:
        raise Refused(Reason.ENCRYPTED, "PDF 设有权限密码，请取消限制后再试。")
    if not 0 < count <= MAX_PAGES:
        raise Refused(Reason.TOO_BIG if count else Reason.BROKEN, f"PDF 有 {count} 页，可处理 1 到 {MAX_PAGES} 页。")
    _refuse_what_acts(pdf)
    return pdf


def _refuse_what_acts(pdf: Pdf) -> None:
    root = pdf.Root
    form = root.get("/AcroForm")
    if isinstance(form, Dictionary):
        if "/XFA" in form:
            raise Refused(Reason.FORMAT, "PDF 是 XFA 动态表单，不能加密标；请打印为普通 PDF 后再试。")
        fields = form.get("/Fields")
        signed = isinstance(fields, Array) and any(_is_signed(one) for one in fields)
        if int(form.get("/SigFlags", 0)) & _SIGNED or signed:
            raise Refused(Reason.SIGNED, "PDF 已有数字签名，改动会使签名失效；请对未签名的原件操作。")
    if "/Perms" in root:
        raise Refused(Reason.SIGNED, "PDF 有认证签名，改动会使签名失效；请对未签名的原件操作。")
    names = root.get("/Names")
    scripts = isinstance(names, Dictionary) and "/JavaScript" in names
    action = root.get("/OpenAction")
    acts = isinstance(action, Dictionary) and action.get("/S") in (Name.JavaScript, Name.Launch)
    if scripts or acts or "/AA" in root:
        raise Refused(Reason.MACROS, "PDF 含有脚本或自动执行的动作，请打印为普通 PDF 后再试。")


def _is_signed(field: pikepdf.Object) -> bool:
    return isinstance(field, Dictionary) and field.get("/FT") == Name.Sig and "/V" in field


def is_marked(pdf: Pdf) -> bool:
    """Whether a page carries a pattern of ours (of any key)."""
    for page in pdf.pages:
        resources = page.obj.get("/Resources")
        patterns = resources.get("/Pattern") if isinstance(resources, Dictionary) else None
        if isinstance(patterns, Dictionary) and PATTERN in patterns:
            return True
    return False


def mark_pages(pdf: Pdf, copy_id: bytes, key: MarkKey, profile: Profile = NORMAL) -> None:
    """Put the layer on every page of an open PDF.

    Raises:
        Refused: MARKED.

    """
    if is_marked(pdf):
        raise Refused(Reason.MARKED, "PDF 已有密标，请用未加密标的原件制作副本。")
    state = pdf.make_indirect(Dictionary(Type=Name.ExtGState, BM=Name.Multiply, ca=1, SMask=Name("/None")))
    image = Stream(pdf, multiply_tile(copy_id, key, profile).tobytes())
    image.Type, image.Subtype, image.ColorSpace = Name.XObject, Name.Image, Name.DeviceGray
    image.Width = image.Height = SIDE
    image.BitsPerComponent, image.Interpolate = 8, True
    tile = pdf.make_indirect(image)
    before = Stream(pdf, b"q\n")
    patterns: dict[float, pikepdf.Object] = {}
    covers: dict[tuple[float, ...], Stream] = {}
    for page in pdf.pages:
        unit = float(page.obj.get("/UserUnit", 1))
        box = tuple(float(value) for value in page.mediabox)
        if unit not in patterns:
            patterns[unit] = _pattern(pdf, tile, SIDE * _INCH / DPI / unit)
        if box not in covers:
            covers[box] = Stream(pdf, _cover(box))
        page.add_resource(state, Name.ExtGState, STATE)
        page.add_resource(patterns[unit], Name.Pattern, PATTERN)
        page.contents_add(before, prepend=True)
        page.contents_add(covers[box])


def _pattern(pdf: Pdf, tile: pikepdf.Object, side: float) -> pikepdf.Object:
    found = Stream(pdf, f"q {side:.4f} 0 0 {side:.4f} 0 0 cm /Tile Do Q".encode())
    found.Type, found.PatternType, found.PaintType, found.TilingType = Name.Pattern, 1, 1, 1
    found.BBox, found.XStep, found.YStep = Array([0, 0, side, side]), side, side
    found.Resources = Dictionary(XObject=Dictionary(Tile=tile))
    return pdf.make_indirect(found)


def _cover(box: tuple[float, ...]) -> bytes:
    left, bottom, right, top = min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])
    area = f"{left:.3f} {bottom:.3f} {right - left:.3f} {top - bottom:.3f} re f"
    return f"\nQ q /MidunState gs /Pattern cs /MidunPattern scn {area} Q\n".encode()


def written(pdf: Pdf) -> bytes:
    """The PDF as a file; unchanged streams are copied as they are.

    Raises:
        Refused: NOT_VERIFIED, what was written cannot be opened again with as many pages.

    """
    count = len(pdf.pages)
    out = io.BytesIO()
    pdf.save(out, fix_metadata_version=False, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
    try:
        with pikepdf.open(out) as again:
            same = len(again.pages) == count
    except pikepdf.PdfError:
        same = False
    if not same:
        raise Refused(Reason.NOT_VERIFIED, "写出的 PDF 无法重新打开，没有生成副本。")
    return out.getvalue()


def mark_pdf_and_glyphs(source: bytes, copy_id: bytes, key: MarkKey, profile: Profile = NORMAL) -> tuple[bytes, int]:
    """As `mark_pdf`, with glyphs of live text moved as well; also how many were.

    Raises:
        Refused: as `mark_pdf`; NOT_VERIFIED, the text of the copy is not that of the original.

    """
    with open_pdf(source) as pdf:
        moved = move_copy(pdf, copy_id, key)
        mark_pages(pdf, copy_id, key, profile)
        made = written(pdf)
    if moved:
        check_same_text(source, made)
    return made, moved


def mark_pdf(source: Path | bytes, copy_id: bytes, key: MarkKey, profile: Profile = NORMAL) -> bytes:
    """The marked copy. Memory: the file, twice.

    Raises:
        Refused: as `open_pdf`, `mark_pages` and `written`.

    """
    with open_pdf(source) as pdf:
        mark_pages(pdf, copy_id, key, profile)
        return written(pdf)
