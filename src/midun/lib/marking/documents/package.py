"""An Office file as parts: checked before anything is unpacked, written back with all other parts as they were."""

import io
import posixpath
import re
import stat
import struct
import zipfile
import zlib

from lxml import etree

from midun.lib.marking.errors import Reason, Refused

MAX_PARTS, MAX_UNPACKED, MAX_RATIO, RATIO_FLOOR = 10_000, 2 << 30, 200, 16 << 20
MAX_XML = 256 << 20
CONTENT_TYPES = "[Content_Types].xml"
CT = "http://schemas.openxmlformats.org/package/2006/content-types"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
_DAMAGED = "文件已损坏，请用 Office 或 WPS 打开并另存后再试。"
_LOADS_CODE = ("attachedTemplate", "oleObject", "frame", "subDocument", "externalLinkPath")
_TOUCHED = re.compile(
    r"\[Content_Types\]\.xml|(word/[^/]*(document|header)[^/]*|ppt/slides/[^/]*|xl/worksheets/[^/]*)\.xml",
    re.IGNORECASE,
)
_MAIN = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": "xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": "pptx",
}


def parse_xml(data: bytes) -> etree._Element:
    """An XML part without entities, DTD or network.

    Raises:
        Refused: BROKEN.

    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused(Reason.BROKEN, _DAMAGED) from error
    if root.getroottree().docinfo.doctype:
        raise Refused(Reason.EXTERNAL, "文件的 XML 中有文档类型声明，可能引入外部内容，已拒绝。")
    return root


def write_xml(root: etree._Element) -> bytes:
    """The part as UTF-8 with its declaration."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


class Package:
    """The parts of an OPC file. `kind` is docx, xlsx or pptx; parts changed are kept until `save`.

    Raises:
        Refused: BROKEN, ENCRYPTED, TOO_BIG (bomb), SIGNED, MACROS, EXTERNAL (loads code from elsewhere), FORMAT.

    """

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _UNREADABLE as error:
            raise Refused(Reason.BROKEN, _DAMAGED) from error
        self._entries = _checked(self._zip.infolist(), len(data))
        self._changed: dict[str, bytes] = {}
        self._gone: set[str] = set()
        self.types = parse_xml(self.part(CONTENT_TYPES))
        self._refuse_what_acts()
        self.main, self.kind = self._main()

    def names(self) -> list[str]:
        """The names of all parts, those of the file first and in its order."""
        held = [name for name in self._entries if name not in self._gone]
        return held + [name for name in self._changed if name not in self._entries]

    def part(self, name: str) -> bytes:
        """The content of a part.

        Raises:
            Refused: BROKEN, it is missing or damaged; TOO_BIG.

        """
        if name in self._changed:
            return self._changed[name]
        entry = self._entries.get(name)
        if entry is None or name in self._gone:
            raise Refused(Reason.BROKEN, _DAMAGED)
        if entry.file_size > MAX_XML:
            raise Refused(Reason.TOO_BIG, "文件中有过大的部件，不能处理。")
        return self._unpacked(entry)

    def _unpacked(self, entry: zipfile.ZipInfo) -> bytes:
        try:
            with self._zip.open(entry) as file:
                data = file.read(entry.file_size + 1)
        except _UNREADABLE as error:
            raise Refused(Reason.BROKEN, _DAMAGED) from error
        if len(data) != entry.file_size:
            raise Refused(Reason.BROKEN, _DAMAGED)
        return data

    def is_plain(self, name: str) -> bool:
        """Whether a mark leaves this part byte for byte: pictures, tables of styles, embedded files and so on."""
        small = self._entries[name].file_size <= MAX_XML if name in self._entries else True
        return small and not name.endswith(".rels") and not _TOUCHED.match(name)

    def xml(self, name: str) -> etree._Element:
        """A part, parsed."""
        return parse_xml(self.part(name))

    def put(self, name: str, data: bytes, content_type: str | None = None) -> None:
        """Change or add a part."""
        self._gone.discard(name)
        self._changed[name] = data
        if content_type and not any(one.get("PartName") == f"/{name}" for one in self.types):
            etree.SubElement(self.types, f"{{{CT}}}Override", PartName=f"/{name}", ContentType=content_type)

    def drop(self, name: str) -> None:
        """Take a part out."""
        self._changed.pop(name, None)
        self._gone.add(name)
        for one in self.types.findall(f"{{{CT}}}Override"):
            if one.get("PartName") == f"/{name}":
                self.types.remove(one)

    def fresh(self, pattern: str) -> str:
        """The first name of the pattern (with `{}`) that no part has."""
        taken = {name.lower() for name in self.names()}
        number = 1
        while pattern.format(number).lower() in taken:
            number += 1
        return pattern.format(number)

    def relations(self, source: str) -> etree._Element:
        """The relationships of a part (`""` for the package); empty if it has none."""
        name = rels_name(source)
        return self.xml(name) if name in self.names() else etree.Element(f"{{{RELS}}}Relationships", nsmap={None: RELS})

    def relate(self, source: str, target: str, kind: str) -> str:
        """Add a relationship and give its id."""
        root = self.relations(source)
        taken = {one.get("Id") for one in root}
        number = 1
        while f"rIdMidun{number}" in taken:
            number += 1
        path = target if not source else posixpath.relpath(target, posixpath.dirname(source) or ".")
        etree.SubElement(root, f"{{{RELS}}}Relationship", Id=f"rIdMidun{number}", Type=kind, Target=path)
        self.put(rels_name(source), write_xml(root))
        return f"rIdMidun{number}"

    def unrelate(self, source: str, target: str) -> None:
        """Take out the relationships to that part."""
        root = self.relations(source)
        for one in list(root):
            if self.target(source, one) == target:
                root.remove(one)
        self.put(rels_name(source), write_xml(root))

    @staticmethod
    def target(source: str, relation: etree._Element) -> str | None:
        """The part a relationship points to; nothing if it points outside."""
        if relation.get("TargetMode") == "External":
            return None
        path = relation.get("Target", "")
        base = "" if path.startswith("/") else posixpath.dirname(source)
        return posixpath.normpath(posixpath.join(base, path.lstrip("/")))

    def related(self, source: str, kind: str) -> list[str]:
        """The existing parts related by a type that ends in `kind`."""
        found = [
            self.target(source, one) for one in self.relations(source) if one.get("Type", "").rsplit("/", 1)[-1] == kind
        ]
        return [name for name in found if name is not None and name in self.names()]

    def default_type(self, extension: str, content_type: str) -> None:
        """Say what files of an extension are, if nobody has."""
        if not any(one.get("Extension", "").lower() == extension for one in self.types):
            self.types.insert(0, etree.Element(f"{{{CT}}}Default", Extension=extension, ContentType=content_type))

    def save(self) -> bytes:
        """The file: parts in their order, unchanged ones with their bytes, dates and names."""
        self._changed[CONTENT_TYPES] = write_xml(self.types)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for name in self.names():
                old = self._entries.get(name)
                info = zipfile.ZipInfo(name, old.date_time if old else (1980, 1, 1, 0, 0, 0))
                info.compress_type = old.compress_type if old else zipfile.ZIP_DEFLATED
                changed = self._changed.get(name)
                target.writestr(info, changed if changed is not None else self._unpacked(self._entries[name]))
        return out.getvalue()

    def _refuse_what_acts(self) -> None:
        names = [name.lower() for name in self._entries]
        types = " ".join(one.get("ContentType", "") for one in self.types).lower()
        if any(name.startswith("_xmlsignatures/") for name in names) or "digital-signature" in types:
            raise Refused(Reason.SIGNED, "文件已有数字签名，加密标会使签名失效；请对未签名的原件操作。")
        active = ("vbaproject", "xl/macrosheets/", "activex/", "vbadata")
        if "macroenabled" in types or any(word in name for name in names for word in active):
            raise Refused(Reason.MACROS, "文件含有宏或 ActiveX 控件，请另存为不含宏的格式后再试。")
        for name in self._entries:
            if name.lower().endswith(".rels"):
                for one in self.xml(name):
                    kind = one.get("Type", "").rsplit("/", 1)[-1]
                    if one.get("TargetMode") == "External" and kind in _LOADS_CODE:
                        raise Refused(Reason.EXTERNAL, "文件打开时会从外部载入模板、对象或文档，请断开链接后再试。")

    def _main(self) -> tuple[str, str]:
        by_name = {one.get("PartName"): one.get("ContentType") for one in self.types.findall(f"{{{CT}}}Override")}
        for name in self.related("", "officeDocument"):
            kind = _MAIN.get(by_name.get(f"/{name}") or "")
            if kind:
                return name, kind
        raise Refused(Reason.FORMAT, "压缩包或不支持的 Office 文件；可处理 docx、xlsx、pptx。")


def rels_name(source: str) -> str:
    """Where the relationships of a part stand."""
    return posixpath.join(posixpath.dirname(source), "_rels", posixpath.basename(source) + ".rels")


def _checked(entries: list[zipfile.ZipInfo], size: int) -> dict[str, zipfile.ZipInfo]:
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_PARTS or total > MAX_UNPACKED or (total > RATIO_FLOOR and total > size * MAX_RATIO):
        raise Refused(Reason.TOO_BIG, "压缩包解开后大得不合常理，已拒绝。")
    found: dict[str, zipfile.ZipInfo] = {}
    lowered: set[str] = set()
    for entry in entries:
        name = entry.filename
        if entry.flag_bits & 0x1:
            raise Refused(Reason.ENCRYPTED, "文件设有密码，请取消密码后再试。")
        strange = name.startswith("/") or "\\" in name or ".." in name.split("/") or "\x00" in name
        if strange or name.lower() in lowered or stat.S_ISLNK(entry.external_attr >> 16):
            raise Refused(Reason.BROKEN, "压缩包中有重名、越界或链接条目，已拒绝。")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused(Reason.BROKEN, _DAMAGED)
        lowered.add(name.lower())
        if not entry.is_dir():
            found[name] = entry
    return found
