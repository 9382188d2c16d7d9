"""Opening an Office file that a stranger sent: zip safety, XML safety, relationships."""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import IO
from xml.parsers import expat

from midun.lib.sheets.model import MIB, Limits, SheetError

DAMAGED = "文件已损坏或内容不完整，请用 Excel、Word 或 WPS 打开并另存一份后再上传。"
_BOMB = "压缩包解开后大得不合常理，已拒绝读取；请另存为新的 .xlsx 或 .docx 文件后再上传。"
_CHUNK = 256 * 1024
_MAX_TOKEN = 1 * MIB
_MAX_DEPTH = 200
_MAX_PARTS = 10_000
# Tiny parts of blank XML compress beyond any sensible ratio without harming anyone.
_RATIO_FLOOR = 4 * MIB
_PACKAGE_NS = "http://schemas.openxmlformats.org/package/2006/"
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    LookupError,
)

OnOpen = Mapping[str, Callable[[dict[str, str]], None]]
OnClose = Mapping[str, Callable[[], None]]


@dataclass(frozen=True)
class Relation:
    """A typed link from one part to another; `kind` is the last word of its type."""

    kind: str
    target: str


class Package:
    """The parts of an OPC zip, read as a stream and never written to disk.

    Everything that can go wrong with the container or its XML comes out as `SheetError`.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        if data.count(b"PK\x01\x02") > _MAX_PARTS:
            raise SheetError(_BOMB)
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except _UNREADABLE as error:
            raise SheetError(DAMAGED) from error
        self._left = limits.max_unpacked
        self._parts = self._checked_parts(len(data), limits)

    def _checked_parts(self, size: int, limits: Limits) -> dict[str, zipfile.ZipInfo]:
        entries = self._zip.infolist()
        declared = sum(entry.file_size for entry in entries)
        suspicious = declared > _RATIO_FLOOR and declared > size * limits.max_ratio
        if declared > limits.max_unpacked or suspicious:
            raise SheetError(_BOMB)
        parts: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            if entry.flag_bits & 0x1:
                raise SheetError("文件设有密码，无法读取；请取消密码后另存一份再上传。")
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise SheetError(DAMAGED)
            name = _part_name(entry.filename)
            if name in parts:
                raise SheetError(DAMAGED)
            if name:
                parts[name] = entry
        return parts

    def __contains__(self, part: str) -> bool:
        return part.lower() in self._parts

    @property
    def names(self) -> list[str]:
        """Comparable names of all parts."""
        return list(self._parts)

    def parse(
        self,
        part: str,
        *,
        opened: OnOpen,
        closed: OnClose | None = None,
        text: Callable[[str], None] | None = None,
        thin: Callable[[bytes], bytes] = bytes,
    ) -> None:
        """Run one XML part through the handlers, which are keyed by "namespace tag".

        `thin` may take whole elements that mean nothing out of a chunk before it is parsed.
        """
        entry = self._parts.get(part.lower())
        if entry is None:
            raise SheetError(DAMAGED)
        try:
            with self._zip.open(entry) as stream:
                self._feed(stream, _parser(opened, closed or {}, text), thin)
        except (expat.ExpatError, *_UNREADABLE) as error:
            raise SheetError(DAMAGED) from error

    def _feed(self, stream: IO[bytes], parser: expat.XMLParserType, thin: Callable[[bytes], bytes]) -> None:
        fed = 0
        while chunk := stream.read(_CHUNK):
            self._left -= len(chunk)
            if self._left < 0:
                raise SheetError(_BOMB)
            kept = thin(chunk)
            parser.Parse(kept, False)
            fed += len(kept)
            # Expat keeps an unfinished tag in memory and starts over with every chunk.
            if fed - parser.CurrentByteIndex > _MAX_TOKEN:
                raise SheetError(DAMAGED)
        parser.Parse(b"", True)

    def content_types(self) -> dict[str, str]:
        """Part name → declared content type."""
        types: dict[str, str] = {}

        def override(attributes: dict[str, str]) -> None:
            name = _part_name(attributes.get("PartName", ""))
            types[name] = attributes.get("ContentType", "")

        self.parse("[Content_Types].xml", opened={f"{_PACKAGE_NS}content-types Override": override})
        return types

    def relations(self, part: str) -> dict[str, Relation]:
        """Relationship id → relation, external targets left out; empty if there are none."""
        folder, name = posixpath.split(part)
        links = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, Relation] = {}

        def relationship(attributes: dict[str, str]) -> None:
            if attributes.get("TargetMode", "Internal") != "Internal":
                return
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", "")))
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = Relation(kind, target.lstrip("/"))

        if links in self:
            self.parse(links, opened={f"{_PACKAGE_NS}relationships Relationship": relationship})
        return found


def _part_name(name: str) -> str:
    """Give the comparable name of a part; empty for folders and for names that climb out."""
    plain = name.replace("\\", "/").lstrip("/").lower()
    if plain.endswith("/") or ":" in plain or ".." in plain.split("/"):
        return ""
    return plain


def _parser(opened: OnOpen, closed: OnClose, text: Callable[[str], None] | None) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = 0
    on_open, on_close = opened.get, closed.get

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise SheetError(DAMAGED)
        handler = on_open(name)
        if handler is not None:
            handler(attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        handler = on_close(name)
        if handler is not None:
            handler()

    def doctype(*_: object) -> None:
        raise SheetError("文件里含有不允许的 XML 声明（DOCTYPE），已拒绝读取；请另存一份后再上传。")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    if text is not None:
        parser.buffer_text = True
        parser.CharacterDataHandler = text
    return parser
