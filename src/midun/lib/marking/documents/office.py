"""The mark in Office files: pattern behind the page or slide, label line and recipient in view, all else as it was."""

from dataclasses import dataclass

from midun.lib.marking.documents import docx, pptx, xlsx
from midun.lib.marking.documents.files import Kind
from midun.lib.marking.documents.package import Package
from midun.lib.marking.documents.pictures import mark_picture
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.image.strength import NORMAL, Profile
from midun.lib.marking.keys import MarkKey

MAKER = "midunMark"
_PICTURES = {"png": Kind.PNG, "jpg": Kind.JPEG, "jpeg": Kind.JPEG}


@dataclass(frozen=True)
class Shown:
    """What a copy shows: the label line for header or footer, and the watermark that names the recipient."""

    line: str
    watermark: str


def is_marked(package: Package) -> bool:
    """Whether a picture of ours is in the file (of any key)."""
    return any(MAKER.lower() in name.lower() for name in package.names())


def mark_office(data: bytes, copy_id: bytes, key: MarkKey, shown: Shown, profile: Profile = NORMAL) -> bytes:
    """The file with the mark.

    Raises:
        Refused: as `Package`; MARKED; NO_CARRIER, there is no page, slide or sheet; NOT_VERIFIED.

    """
    package = Package(data)
    if is_marked(package):
        raise Refused(Reason.MARKED, "文件已有密标，请用未加密标的原件制作副本。")
    _mark_pictures(package, copy_id, key, profile)
    before = {name: package.part(name) for name in package.names() if package.is_plain(name)}
    if package.kind == "docx":
        docx.mark(package, copy_id, key, shown.line, shown.watermark, profile)
    elif package.kind == "pptx":
        pptx.mark(package, copy_id, key, shown.line, profile)
    else:
        xlsx.mark(package, copy_id, key, f"{shown.line}　{shown.watermark}", profile)
    written = package.save()
    again = Package(written)
    lost = [name for name, content in before.items() if name not in again.names() or again.part(name) != content]
    if lost or not is_marked(again):
        raise Refused(Reason.NOT_VERIFIED, "写出的文件与原件不符，没有生成副本。")
    return written


def _mark_pictures(package: Package, copy_id: bytes, key: MarkKey, profile: Profile) -> None:
    """Pictures carry the mark themselves, for they are copied out of files. Small ones stay as they are."""
    for name in package.names():
        kind = _PICTURES.get(name.rsplit(".", 1)[-1].lower())
        if kind is None or "/media/" not in name:
            continue
        try:
            package.put(name, mark_picture(package.part(name), kind, copy_id, key, profile))
        except Refused:
            continue  # too small or of a rare kind: the layer of the page still covers it
