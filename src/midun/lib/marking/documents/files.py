"""Opening what a stranger sent and writing what must not be damaged: no links, no overwriting, all or nothing."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from midun.lib.marking.errors import Reason, Refused

MAX_BYTES = 1 << 30
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEAD = 1024
_TEXT_LIMIT = 64 << 20


class Kind(StrEnum):
    """What a file is by its content; the name decides only how text is read."""

    PDF = "pdf"
    OFFICE = "office"
    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    TIFF = "tiff"
    TEXT = "text"


_STARTS = {
    b"PK\x03\x04": Kind.OFFICE,
    b"\x89PNG\r\n\x1a\n": Kind.PNG,
    b"\xff\xd8\xff": Kind.JPEG,
    b"II*\x00": Kind.TIFF,
    b"MM\x00*": Kind.TIFF,
}


def read(path: Path, limit: int = MAX_BYTES) -> bytes:
    """The content of a regular file.

    Raises:
        Refused: FORMAT, a symbolic link, folder or device; TOO_BIG; BROKEN, it cannot be read.

    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if path.is_symlink():
            raise Refused(Reason.FORMAT, f"{path.name} 是符号链接，请直接指定它所指的文件。") from error
        raise Refused(Reason.BROKEN, f"无法读取 {path.name}：{error.strerror}。") from error
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        os.close(handle)
        raise Refused(Reason.FORMAT, f"{path.name} 不是普通文件。")
    with os.fdopen(handle, "rb") as file:
        if found.st_size > limit:
            raise Refused(Reason.TOO_BIG, f"{path.name} 超过 {limit >> 20} MiB，不能处理。")
        return file.read(limit + 1)


def kind_of(data: bytes) -> Kind:
    """What the content is.

    Raises:
        Refused: ENCRYPTED, a locked Office file; ANIMATED; FORMAT, nothing that can be marked or labelled.

    """
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Refused(Reason.ENCRYPTED, "文件设有打开密码，请取消密码后再试。")
        raise Refused(Reason.FORMAT, "这是旧版 Office 文件（doc、xls、ppt），请另存为 docx、xlsx 或 pptx 后再试。")
    if data[:6] in {b"GIF87a", b"GIF89a"}:
        raise Refused(Reason.ANIMATED, "GIF 可能是动画，不能加密标；请另存为 PNG 后再试。")
    if b"%PDF-" in data[:_HEAD]:
        return Kind.PDF
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Kind.WEBP
    for start, kind in _STARTS.items():
        if data.startswith(start):
            return kind
    text_of(data)
    return Kind.TEXT


def text_of(data: bytes) -> str:
    """UTF-8 text, with or without a byte order mark (which stays in the text).

    Raises:
        Refused: FORMAT, not text; TOO_BIG.

    """
    if len(data) > _TEXT_LIMIT:
        raise Refused(Reason.TOO_BIG, "文本超过 64 MiB，不能处理。")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(Reason.FORMAT, "不认识的文件格式，或不是 UTF-8 文本；文本请另存为 UTF-8 后再试。") from error
    if "\x00" in text:
        raise Refused(Reason.FORMAT, "不认识的文件格式。")
    return text


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A temporary file beside `path`, which becomes `path` if the block ends well, and vanishes if not.

    Raises:
        Refused: EXISTS; nothing is ever overwritten.

    """
    if path.exists() or path.is_symlink():
        raise Refused(Reason.EXISTS, f"{path.name} 已存在，没有覆盖。")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".midun-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError as error:
            raise Refused(Reason.EXISTS, f"{path.name} 已存在，没有覆盖。") from error
        except OSError:
            # File systems without hard links (FAT, some network drives): rename; the check above stands.
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_new(path: Path, data: bytes) -> None:
    """Write a new file at once.

    Raises:
        Refused: EXISTS.

    """
    with new_file(path) as temporary:
        temporary.write_bytes(data)
