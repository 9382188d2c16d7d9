"""What may be uploaded, judged by content."""

import io
import zipfile
from dataclasses import dataclass

from midun.kernel.files import pictures

MIB = 1024 * 1024
_ZIP_MEMBERS = 5000
_ZIP_RATIO = 200
_ZIP_UNPACKED = 500 * MIB
_NAME = 120


class BadUpload(Exception):
    """The file cannot be taken; `str()` says why and what to do."""


@dataclass(frozen=True)
class FileKind:
    """A kind of file we take: media type, the extension it gets, and how large it may be."""

    mime: str
    extension: str
    limit: int
    inline: bool


JPEG = FileKind("image/jpeg", ".jpg", 30 * MIB, inline=True)
PNG = FileKind("image/png", ".png", 30 * MIB, inline=True)
WEBP = FileKind("image/webp", ".webp", 30 * MIB, inline=True)
PDF = FileKind("application/pdf", ".pdf", 50 * MIB, inline=True)
MP4 = FileKind("video/mp4", ".mp4", 200 * MIB, inline=False)
_OFFICE = "application/vnd.openxmlformats-officedocument."
DOCX = FileKind(_OFFICE + "wordprocessingml.document", ".docx", 50 * MIB, inline=False)
XLSX = FileKind(_OFFICE + "spreadsheetml.sheet", ".xlsx", 50 * MIB, inline=False)
PPTX = FileKind(_OFFICE + "presentationml.presentation", ".pptx", 100 * MIB, inline=False)
IMAGES = (JPEG, PNG, WEBP)
_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
_MP4 = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"M4VH", b"3gp4", b"3gp5")
_ACTIVE = ("vbaproject.bin", "/macrosheets/", "/activex/")
_MAIN = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}


def accept(data: bytes) -> tuple[FileKind, bytes]:
    """The kind of `data` and the bytes to keep: pictures without metadata. Raises `BadUpload` with what to do."""
    kind = sniff(data)
    if kind not in IMAGES:
        return kind, data
    try:
        return kind, pictures.cleaned(data, kind.mime)
    except pictures.BrokenPicture as broken:
        raise BadUpload(str(broken)) from broken


def sniff(data: bytes) -> FileKind:
    """The kind of `data` by its content. Raises `BadUpload` for anything we do not take."""
    if data.startswith(b"\xff\xd8\xff"):
        kind = JPEG
    elif data.startswith(b"\x89PNG\r\n\x1a\n"):
        kind = PNG
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = WEBP
    elif data.startswith(b"%PDF-"):
        kind = PDF
    elif data[4:8] == b"ftyp" and data[8:12] in _HEIF:
        raise BadUpload("不支持 HEIC 照片：请在手机相机设置中改为“兼容性最佳”（JPEG），或转换为 jpg 后再上传")
    elif data[4:8] == b"ftyp" and data[8:12] in _MP4:
        kind = MP4
    elif data.startswith(b"PK\x03\x04"):
        kind = _office(data)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadUpload("不支持旧版或加密的 Office 文件，请另存为 .docx、.xlsx 或 .pptx 后再上传")
    else:
        raise BadUpload("不支持的文件类型：请上传图片（jpg、png、webp）、PDF、docx、xlsx、pptx 或 mp4")
    if len(data) > kind.limit:
        raise BadUpload(f"文件超过 {kind.limit // MIB} MB 的上限，请压缩或拆分后再上传")
    return kind


def _office(data: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise BadUpload("文件已损坏，无法打开，请重新导出后再上传") from error
    unpacked = sum(m.file_size for m in members)
    packed = sum(m.compress_size for m in members) or 1
    if len(members) > _ZIP_MEMBERS or unpacked > _ZIP_UNPACKED or unpacked / packed > _ZIP_RATIO:
        raise BadUpload("文件展开后异常庞大，已拒绝接收")
    names = {m.filename for m in members}
    if any(active in f"/{name.lower()}" for name in names for active in _ACTIVE):
        raise BadUpload("文件含有宏或控件，已拒绝接收：请另存为不含宏的 .docx、.xlsx 或 .pptx")
    if any(member.flag_bits & 1 for member in members):
        raise BadUpload("文件已加密，请取消密码后再上传")
    for main, kind in _MAIN.items():
        if main in names:
            return kind
    raise BadUpload("不支持压缩包：请逐个上传其中的文件")


def safe_name(name: str, kind: FileKind) -> str:
    """A file name without path or control characters, at most 120 characters, with the extension of its content."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    base = "".join(c for c in base if c.isprintable() and c not in '<>:"|?*').strip(". ")
    stem = base.rsplit(".", 1)[0] if "." in base else base
    return (stem[:_NAME] or "附件") + kind.extension
