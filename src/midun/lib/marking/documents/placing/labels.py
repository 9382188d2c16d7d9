"""Labels of files, whatever their format: find, put, remove, and the digest of a document without its label."""

import hashlib
import io
from dataclasses import dataclass

import pikepdf

from midun.lib.marking.documents.files import Kind, kind_of, text_of
from midun.lib.marking.documents.package import Package
from midun.lib.marking.documents.pdf import open_pdf
from midun.lib.marking.documents.placing import images, ooxml, text, xmp
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.label import microsoft
from midun.lib.marking.label.model import Document, Method
from midun.lib.marking.label.signing import SignedLabel

SIDE_CAR = ".midun-label.json"
"""Added to the name of a file whose format has no place for a label."""


@dataclass(frozen=True)
class Held:
    """What a file holds: the envelope as it stands (not yet checked), and properties of label tools."""

    envelope: bytes | None
    properties: dict[str, str]


def has_place(data: bytes, suffix: str) -> bool:
    """Whether the label stands inside the file; else beside it."""
    return kind_of(data) is not Kind.TEXT or text.wrapping(suffix) is not None


def find(data: bytes) -> Held:
    """The label inside a file.

    Raises:
        Refused: the file cannot be read.

    """
    kind = kind_of(data)
    if kind is Kind.OFFICE:
        package = Package(data)
        return Held(ooxml.get(package), ooxml.properties(package))
    if kind is Kind.PDF:
        with open_pdf(data) as pdf:
            packet = _metadata(pdf)
            return Held(xmp.get(packet), {key[1:]: str(value) for key, value in pdf.docinfo.items()})
    if kind is Kind.TEXT:
        return Held(text.get(text_of(data)), {})
    return Held(xmp.get(images.packet_of(data, kind)), {})


def put(data: bytes, suffix: str, signed: SignedLabel, tenant: microsoft.Tenant | None = None) -> bytes:
    """The file with the label, in place of one that is there.

    Raises:
        Refused: FORMAT, this kind of file has no place for it; or the file cannot be read; NOT_VERIFIED.

    """
    if not has_place(data, suffix):
        raise Refused(Reason.FORMAT, "这种文件内没有放置标识的位置，请使用随附的标识文件。")
    kind, envelope = kind_of(data), signed.encode()
    if kind is Kind.OFFICE:
        package = Package(data)
        ooxml.put(package, envelope, microsoft.properties(signed.label, tenant), _ours(find(data), tenant))
        written = package.save()
    elif kind is Kind.PDF:
        written = _pdf(data, envelope, microsoft.properties(signed.label, tenant), _ours(find(data), tenant))
    elif kind is Kind.TEXT:
        written = text.add(text_of(data), suffix, envelope).encode()
    else:
        written = images.with_packet(data, kind, xmp.add(images.packet_of(data, kind), envelope))
    if find(written).envelope != envelope or document(written) != document(data):
        raise Refused(Reason.NOT_VERIFIED, "写入的密级标识读不回来，没有生成文件。")
    return written


def remove(data: bytes, tenant: microsoft.Tenant | None = None) -> bytes:
    """The file without our label; for images and text byte for byte what it was before.

    Raises:
        Refused: the file cannot be read.

    """
    kind = kind_of(data)
    if kind is Kind.OFFICE:
        package = Package(data)
        ooxml.remove(package, _ours(find(data), tenant))
        return package.save()
    if kind is Kind.PDF:
        return _pdf(data, None, {}, _ours(find(data), tenant))
    if kind is Kind.TEXT:
        return text.remove(text_of(data)).encode()
    return images.with_packet(data, kind, xmp.remove(images.packet_of(data, kind)))


def document(data: bytes) -> Document:
    """The digest of the document without its label (docs/formats/label.md, Binding)."""
    kind = kind_of(data)
    if kind is Kind.OFFICE:
        return Document(Method.PARTS, ooxml.digest(Package(data)))
    if kind is Kind.PDF:
        with open_pdf(data) as pdf:
            return Document(Method.PAGES, _pages(pdf))
    return Document(Method.BYTES, hashlib.sha256(remove(data)).hexdigest())


def _ours(held: Held, tenant: microsoft.Tenant | None) -> set[str]:
    """The properties that the present label of the file had written."""
    mine = {name for name in held.properties if name.startswith("Midun")}
    if held.envelope:
        mine |= set(microsoft.properties(SignedLabel.decode(held.envelope).label, tenant))
    return mine


def _metadata(pdf: pikepdf.Pdf) -> bytes | None:
    held = pdf.Root.get("/Metadata")
    return held.read_bytes() if isinstance(held, pikepdf.Stream) else None


def _pdf(data: bytes, envelope: bytes | None, properties: dict[str, str], old: set[str]) -> bytes:
    with open_pdf(data) as pdf:
        packet = _metadata(pdf)
        packet = xmp.remove(packet) if envelope is None else xmp.add(packet, envelope)
        if packet is not None:
            stream = pikepdf.Stream(pdf, packet)
            stream.Type, stream.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
            pdf.Root.Metadata = pdf.make_indirect(stream)
        elif "/Metadata" in pdf.Root:
            del pdf.Root.Metadata
        for name in old:
            if f"/{name}" in pdf.docinfo:
                del pdf.docinfo[f"/{name}"]
        for name, value in ({**properties, "MidunLabel": envelope.decode()} if envelope else {}).items():
            pdf.docinfo[f"/{name}"] = value
        out = io.BytesIO()
        pdf.save(out, fix_metadata_version=False, object_stream_mode=pikepdf.ObjectStreamMode.preserve)
        return out.getvalue()


def _pages(pdf: pikepdf.Pdf) -> str:
    total = hashlib.sha256()
    for page in pdf.pages:
        contents = page.obj.get("/Contents")
        streams = contents if isinstance(contents, pikepdf.Array) else [] if contents is None else [contents]
        joined = b"\n".join(one.read_bytes() for one in streams if isinstance(one, pikepdf.Stream))
        total.update(len(joined).to_bytes(8, "big") + joined)
    return total.hexdigest()
