"""Read one file, or bytes with a name, into documents."""

import csv
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives import hashes

from midun.lib.similarity.documents import Document, Kind, Part
from midun.lib.similarity.errors import Refused, Unreadable
from midun.lib.similarity.languages import BY_SUFFIX
from midun.lib.similarity.readers import containers, ocr, office, pages
from midun.lib.similarity.readers.encodings import decode
from midun.lib.similarity.readers.limits import Budget

TABLES = {".csv": ",", ".tsv": "\t"}
BOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
HTML = (".html", ".htm", ".xhtml", ".mht")
MAILBOX, MAIL = b"From ", (".eml",)
FENCE = "```"
FENCES = {
    "py": "python",
    "js": "javascript",
    "ts": "typescript",
    "cpp": "c++",
    "cs": "c#",
    "sh": "shell",
    "bash": "shell",
}
DELIMITERS = ",\t;|"


def digests(data: bytes) -> tuple[str, str]:
    """SHA-256 and SM3 (GB/T 32905) in hexadecimal."""
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(data)
    return hashlib.sha256(data).hexdigest(), sm3.finalize().hex()


def _delimited(text: str, suffix: str) -> list[Part]:
    head = text.split("\n", 20)[:20]
    best = max(DELIMITERS, key=lambda d: sum(line.count(d) for line in head))
    if best == TABLES.get(suffix, ",") == ",":
        # Already the form of a table part: offsets stay those of the file.
        long = [c for row in csv.reader(io.StringIO(text)) for c in row if len(c) > office.LONG_CELL]
        parts = [Part(Kind.TABLE, text)]
        return [*parts, Part(Kind.PROSE, "\n".join(long))] if long else parts
    return office.table_parts(list(csv.reader(io.StringIO(text), delimiter=best)), "")


def _markdown(text: str) -> list[Part]:
    """The text, and fenced code once more as code."""
    parts = [Part(Kind.PROSE, text)]
    pieces = text.split(f"\n{FENCE}")
    for piece in pieces[1::2]:
        tag, _, body = piece.partition("\n")
        name = FENCES.get(tag.strip().lower(), tag.strip().lower())
        if any(name == language.name for language in BY_SUFFIX.values()) and body.strip():
            parts.append(Part(Kind.CODE, body, ((0, "代码块"),), name))
    return parts


def _text_parts(data: bytes, suffix: str) -> list[Part]:
    text = decode(data)
    if suffix in TABLES:
        try:
            return _delimited(text, suffix)
        except csv.Error:
            return [Part(Kind.PROSE, text)]
    if suffix in HTML or text[:200].lstrip().lower().startswith(("<!doctype html", "<html")):
        return pages.read_html(text)
    if suffix in (".md", ".markdown"):
        return _markdown(text)
    language = BY_SUFFIX.get(suffix)
    return [Part(Kind.CODE, text, (), language.name)] if language else [Part(Kind.PROSE, text)]


def _parts(data: bytes, suffix: str, budget: Budget) -> tuple[list[Part], list[str]]:
    if data[:5] == b"%PDF-" or suffix == ".pdf":
        return pages.read_pdf(data)
    if suffix in ocr.PICTURES:
        return [Part(Kind.PROSE, ocr.picture_text(data))], [f"图片{ocr.READ}"]
    if suffix in BOOKS:
        return office.read_workbook(data, budget)
    if suffix in (".docx", ".docm", ".dotx"):
        return office.read_office(data, budget, "word/")
    if suffix in (".pptx", ".pptm"):
        return office.read_office(data, budget, "ppt/")
    return _text_parts(data, suffix), []


def _members(data: bytes, suffix: str, budget: Budget) -> Iterator[tuple[str, bytes | Unreadable]] | None:
    if data[:4] in (b"PK\x03\x04", b"PK\x05\x06") and suffix not in (
        *BOOKS,
        ".docx",
        ".docm",
        ".dotx",
        ".pptx",
        ".pptm",
    ):
        return containers.zip_members(data, budget)
    packed = data[:2] == b"\x1f\x8b" or data[:3] == b"BZh" or data[:6] == b"\xfd7zXZ\x00"
    if packed or data[257:262] == b"ustar":
        return containers.tar_members(data, budget)
    if data[:6] == b"7z\xbc\xaf\x27\x1c" or data[:4] == b"Rar!":
        raise Unreadable("7z、rar 压缩包不能直接读取，请解压后重试。")
    if suffix in (".mbox", ".mbx") or (data[:5] == MAILBOX and b"\nSubject:" in data[:8192]):
        return containers.mbox_members(data, budget)
    if suffix in MAIL:
        return containers.mail_members(data, budget)
    return None


def read_bytes(data: bytes, name: str, budget: Budget | None = None) -> Iterator[Document]:
    """Documents in bytes called `name`: one, or those of an archive's members (named `archive!/member`).

    Never raises for what the bytes are: what cannot be read is a document without parts and with a notice.
    """
    budget = budget or Budget()
    sha256, sm3 = digests(data)
    suffix = Path(name.rpartition("!/")[2]).suffix.lower()
    try:
        members = _members(data, suffix, budget)
        if members is None:
            parts, notices = _parts(data, suffix, budget)
            yield Document(name, len(data), sha256, sm3, tuple(p for p in parts if p.text.strip()), tuple(notices))
            return
        if budget.depth <= 0:
            raise Refused("压缩包嵌套过深，未读。")
    except (Unreadable, RecursionError) as error:
        notice = str(error) if isinstance(error, Unreadable) else "内容嵌套过深，未读。"
        yield Document(name, len(data), sha256, sm3, (), (notice,))
        return
    yield from _inner(members, name, data, (sha256, sm3), budget)


def _inner(
    members: Iterator[tuple[str, bytes | Unreadable]], name: str, data: bytes, digest: tuple[str, str], budget: Budget
) -> Iterator[Document]:
    budget.depth -= 1
    try:
        for member, content in members:
            if isinstance(content, Unreadable):
                yield Document(f"{name}!/{member}", 0, "", "", (), (str(content),))
            else:
                yield from read_bytes(content, f"{name}!/{member}", budget)
    except Unreadable as error:
        yield Document(name, len(data), *digest, (), (str(error),))
    finally:
        budget.depth += 1


def read_file(path: Path, name: str = "", *, largest: int = 2 << 30) -> Iterator[Document]:
    """Documents in a file. Files over `largest` bytes are refused with a notice; unreadable ones likewise."""
    shown = name or str(path)
    try:
        size = path.stat().st_size
        if size > largest:
            yield Document(shown, size, "", "", (), (f"超过 {largest >> 20} MB，未读。请拆分后重试。",))
            return
        data = path.read_bytes()
    except OSError as error:
        yield Document(shown, 0, "", "", (), (f"打不开：{error.strerror}。",))
        return
    yield from read_bytes(data, shown)
