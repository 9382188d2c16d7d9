"""Making one marked copy of a file, whatever its format, and checking that it can be read back."""

import dataclasses
import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from midun.lib.marking.code.message import write_id
from midun.lib.marking.documents import pdf, pictures
from midun.lib.marking.documents.files import Kind, kind_of, new_file, read, text_of, write_new
from midun.lib.marking.documents.office import Shown, mark_office
from midun.lib.marking.documents.placing import labels
from midun.lib.marking.documents.text.carriers import Channel
from midun.lib.marking.documents.text.mark import DEFAULT, EVERYTHING, embed
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.image.strength import NORMAL, Profile
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.label.model import Copy
from midun.lib.marking.label.signing import Role, Signature, SignedLabel, SigningKey
from midun.lib.marking.trace import confirm

CARRIERS = {
    Kind.PDF: ("pdf-layer",),
    Kind.OFFICE: ("office-layer",),
    Kind.TEXT: ("text",),
    **dict.fromkeys((Kind.PNG, Kind.JPEG, Kind.WEBP, Kind.TIFF), ("image",)),
}
"""Names of carriers as they stand in a label's `copy.carriers`."""

GLYPHS = "pdf-glyphs"
"""Only where it is asked for, and reading it needs the original."""

UNLABELLED = "内部文件　请勿外传"


@dataclass(frozen=True)
class Order:
    """One copy to be made. `person` and `signer` sign the label of the copy.

    That continues the label of the source, or `label` if the source has none; without either the copy has none.
    """

    source: Path
    target: Path
    copy_id: bytes
    recipient: str
    key: MarkKey
    at: dt.datetime
    person: str
    signer: SigningKey
    wording: bool = False
    label: SignedLabel | None = None
    profile: Profile = NORMAL
    glyphs: bool = False


@dataclass(frozen=True)
class Made:
    """What the registry keeps of a copy."""

    copy: str
    carriers: str
    label: str


def label_of(path: Path, data: bytes) -> SignedLabel | None:
    """The label inside a file, or beside it.

    Raises:
        Refused: LABEL, there is one but it is malformed; or the file cannot be read.

    """
    envelope = labels.find(data).envelope
    beside = path.with_name(path.name + labels.SIDE_CAR)
    if envelope is None and beside.is_file():
        envelope = read(beside, 1 << 17)
    return None if envelope is None else SignedLabel.decode(envelope)


def make(order: Order) -> Made:
    """Write the copy to `order.target`, and its side-car if the format needs one.

    Raises:
        Refused: the file cannot be marked safely, NOT_VERIFIED if the mark does not read back; nothing is left behind.

    """
    data = read(order.source)
    held = label_of(order.source, data) or order.label
    if held is not None and not held.signatures_hold():
        raise Refused(Reason.LABEL, "原件的密级标识已被改动或签名不成立，请先核实再制作副本。")
    if held is not None and held.label.copy is not None:
        raise Refused(Reason.MARKED, "这是已发出的副本，请用原件制作副本。")
    marked, carriers = _marked(data, order, held)
    suffix = order.source.suffix
    if not confirm(marked, suffix, order.key, order.copy_id):
        raise Refused(Reason.NOT_VERIFIED, "写入的密标读不回来，没有生成副本；请换一种格式或更清晰的原件。")
    label = _labelled(marked, carriers, order, held) if held else None
    inside = labels.has_place(marked, suffix)
    if label and inside:
        marked = labels.put(marked, suffix, label)
    with new_file(order.target) as temporary:
        temporary.write_bytes(marked)
        if label and not inside:
            write_new(order.target.with_name(order.target.name + labels.SIDE_CAR), label.encode())
    return Made(hashlib.sha256(marked).hexdigest(), ",".join(carriers), label.label.digest if label else "")


def _marked(data: bytes, order: Order, held: SignedLabel | None) -> tuple[bytes, tuple[str, ...]]:
    """The copy and its carriers."""
    kind = kind_of(data)
    if kind is Kind.PDF and order.glyphs:
        made, moved = pdf.mark_pdf_and_glyphs(data, order.copy_id, order.key, order.profile)
        return made, (*([GLYPHS] if moved else []), *CARRIERS[kind])
    return _by_kind(data, kind, order, held), CARRIERS[kind]


def _by_kind(data: bytes, kind: Kind, order: Order, held: SignedLabel | None) -> bytes:
    if kind is Kind.PDF:
        return pdf.mark_pdf(data, order.copy_id, order.key, order.profile)
    if kind is Kind.OFFICE:
        line = held.label.printed if held else UNLABELLED
        shown = Shown(line, f"发给 {order.recipient} {write_id(order.copy_id)}")
        return mark_office(data, order.copy_id, order.key, shown, order.profile)
    if kind is Kind.TEXT:
        text = text_of(labels.remove(data))
        channels: frozenset[Channel] = EVERYTHING if order.wording else DEFAULT
        return embed(text, order.copy_id, order.key, suffix=order.source.suffix, channels=channels).encode()
    return pictures.mark_picture(data, kind, order.copy_id, order.key, order.profile)


def _labelled(marked: bytes, carriers: tuple[str, ...], order: Order, held: SignedLabel) -> SignedLabel:
    """The next version of the label, which names this copy."""
    label = dataclasses.replace(
        held.label,
        version=held.label.version + 1,
        previous=held.label.digest,
        at=order.at,
        document=labels.document(marked),
        copy=Copy(order.copy_id.hex(), carriers),
        change=None,
    )
    return SignedLabel(label, (Signature.make(label, order.signer, person=order.person, role=Role.AUTHOR),))
