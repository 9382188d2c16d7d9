"""Archives and mail: their members, one by one, within the budget."""

import io
import re
import tarfile
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import IO

from midun.lib.similarity.errors import Refused, Unreadable
from midun.lib.similarity.readers.limits import DAMAGED, Budget

CHUNK = 1 << 20


def _name(member: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 flag are GB18030 in Chinese archives; zipfile has read them as cp437."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return member.filename


def _bounded(stream: IO[bytes], size: int) -> bytes:
    """Read at most what was declared: a member that is longer than its header says is refused."""
    out = stream.read(size + 1)
    if len(out) > size:
        raise Refused("解压后比声明的长度大，疑似压缩炸弹，未读。")
    return out


def zip_members(data: bytes, budget: Budget) -> Iterator[tuple[str, bytes | Unreadable]]:
    """Members of a zip archive; what cannot be read comes as the error. Raises `Unreadable`, `Refused`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGED as error:
        raise Unreadable("压缩包已损坏，未比对。") from error
    for member in archive.infolist():
        if member.is_dir():
            continue
        if member.flag_bits & 1:
            yield _name(member), Unreadable("已加密，未比对。请解密后重试。")
            continue
        try:
            budget.take(member.file_size, member.compress_size)
        except Refused as refusal:
            yield _name(member), refusal
            if budget.seen > budget.members or budget.used > budget.bytes:
                return
            continue
        try:
            with archive.open(member) as stream:
                yield _name(member), _bounded(stream, member.file_size)
        except Refused as refusal:
            yield _name(member), refusal
        except DAMAGED:
            yield _name(member), Unreadable("压缩包内的文件已损坏，未比对。")


def tar_members(data: bytes, budget: Budget) -> Iterator[tuple[str, bytes | Unreadable]]:
    """Regular members of a tar archive, plain or compressed by gzip, bzip2, xz. Raises `Unreadable`."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r|*") as archive:
            for member in archive:
                if not member.isreg():
                    continue
                try:
                    budget.take(member.size, None)
                    budget.check_ratio(len(data))
                except Refused as refusal:
                    yield member.name, refusal
                    return
                stream = archive.extractfile(member)
                if stream is not None:
                    yield member.name, stream.read()
    except DAMAGED as error:
        raise Unreadable("压缩包已损坏，只读出损坏处之前的内容。") from error


def _parts(message: EmailMessage) -> Iterator[tuple[str, bytes | Unreadable]]:
    subject = str(message.get("subject", ""))
    for number, part in enumerate(message.walk(), 1):
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        payload = part.get_payload(decode=True)
        body = payload if isinstance(payload, bytes) else b""
        name = part.get_filename()
        if name is None and kind in ("text/plain", "text/html"):
            charset = part.get_content_charset() or "utf-8"
            try:
                text = body.decode(charset, "replace")
            except LookupError:
                text = body.decode("gb18030", "replace")
            head = f"{subject}\n\n" if kind == "text/plain" else ""
            yield f"正文{number}.{'txt' if kind == 'text/plain' else 'html'}", (head + text).encode()
        else:
            yield name or f"附件{number}", body


def mail_members(data: bytes, budget: Budget) -> Iterator[tuple[str, bytes | Unreadable]]:
    """Bodies and attachments of a message. Raises `Refused`."""
    try:
        message = message_from_bytes(data, policy=default)
        members = list(_parts(message))
    except (ValueError, LookupError, TypeError, AttributeError, IndexError, KeyError) as error:
        raise Unreadable("邮件已损坏，未比对。") from error
    for name, content in members:
        if isinstance(content, bytes):
            budget.take(len(content))
        yield name, content


def mbox_members(data: bytes, budget: Budget) -> Iterator[tuple[str, bytes | Unreadable]]:
    """The messages of a mailbox file (`From ` lines at the beginning of a line after an empty one)."""
    starts = [m.start(1) for m in re.finditer(rb"(?:\A|\r?\n\r?\n)(From )", data)]
    for number, (begin, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True), 1):
        head = data.find(b"\n", begin, end)
        if head > 0:
            budget.take(end - head)
            yield f"第{number}封.eml", data[head + 1 : end]
