"""Labels as a person sets and removes them; the command line and the pages do it by the same acts."""

import dataclasses
import datetime as dt
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from midun.desk.keys import Home
from midun.lib.marking.documents.files import read, write_new
from midun.lib.marking.documents.placing import labels
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.issue import label_of
from midun.lib.marking.label.change import WORDS as WEAKER
from midun.lib.marking.label.change import Weakening, follow, removal, weakenings
from midun.lib.marking.label.grades import HANDLING, WORDS
from midun.lib.marking.label.model import Change, Document, Label, Method, Owner, Term
from midun.lib.marking.label.signing import Role, Signature, SignedLabel, SigningKey
from midun.lib.marking.trace import trace

REMOVED = ".label-removed.json"
STATUS = {
    "none": "没有密级标识",
    "valid": "标识有效",
    "unknown-key": "签名成立，但签名人的公钥不在本机信任之列",
    "altered": "标识已被改动，签名不成立",
    "malformed": "标识无法识别",
}


@dataclass(frozen=True)
class Wanted:
    """What a label is to say."""

    grade: str
    owner: Owner
    term: Term
    scope: tuple[str, ...] = ()
    handling: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Deciders:
    """Who decides, and who approves where protection gets weaker; the approver signs with a key of their own."""

    person: str
    reason: str = ""
    approved_by: str = ""
    approver: SigningKey | None = field(default=None, repr=False)

    @property
    def complete(self) -> bool:
        """Whether reason, approver and key are there."""
        return bool(self.reason and self.approved_by and self.approver)


def state_of(path: Path, home: Home) -> dict[str, object]:
    """What the label of a file says and whether label, file and mark agree."""
    data = read(path)
    try:
        held = label_of(path, data)
    except Refused as error:
        return {"file": str(path), "status": "malformed", "findings": [str(error)], "label": None}
    if held is None:
        return {"file": str(path), "status": "none", "findings": [], "label": None}
    known = "valid" if held.trusted(home.trusted()) else "unknown-key"
    return {
        "file": str(path),
        "status": known if held.signatures_hold() else "altered",
        "findings": _findings(path, data, held.label, home),
        "label": held.label.as_json(),
        "printed": held.label.printed,
        "handling": [HANDLING[code] for code in held.label.handling],
    }


def _findings(path: Path, data: bytes, label: Label, home: Home) -> list[str]:
    found = []
    if labels.document(data) != label.document:
        found.append("文件内容在写入标识后有改动。")
    if label.term.over(dt.datetime.now(dt.UTC).date()):
        found.append("保密期限已过。")
    grade = labels.find(data).properties.get("MidunGrade")
    if grade is not None and grade != label.grade.printed:
        found.append(f"文件属性中的密级“{grade}”与签名的标识不一致。")
    keys = home.mark_keys()
    if label.copy is not None and keys:
        copy = bytes.fromhex(label.copy.id)
        marks = trace(data, path.suffix, keys, {key.fingerprint: [copy] for key in keys})
        if all(one.copy_id != copy for one in marks):
            found.append("标识称此文件带有密标，但未检出：密标可能已被去除，或密钥不在本机。")
    return found


def put_label(path: Path, wanted: Wanted, deciders: Deciders, home: Home, out: Path) -> Path:
    """Write the file with the label into `out`; gives the new file.

    Raises:
        Refused: LABEL, protection gets weaker without reason, second person and their key; EXISTS.

    """
    data = read(path)
    held = label_of(path, data)
    label = _next(held.label if held else None, wanted, labels.document(data))
    if held:
        kinds = weakenings(held.label, label)
        if kinds and not deciders.complete:
            what = "、".join(WEAKER[Weakening(one)] for one in kinds)
            raise Refused(Reason.LABEL, f"{path.name}：{what}，须写明理由，并由第二人用自己的密钥签名批准。")
        if kinds:
            change = Change(kinds, deciders.reason, deciders.person, deciders.approved_by)
            label = dataclasses.replace(label, change=change)
        follow(held.label, label)
    return _write(path, data, _signed(label, deciders, home), out)


def first_label(wanted: Wanted, person: str, home: Home) -> SignedLabel:
    """A label for files that have none and are not written themselves: their copies continue it."""
    nothing = Document(Method.BYTES, "0" * 64)
    return _signed(_next(None, wanted, nothing), Deciders(person), home)


def _next(held: Label | None, wanted: Wanted, document: Document) -> Label:
    return Label(
        id=held.id if held else uuid.uuid4(),
        version=held.version + 1 if held else 1,
        previous=held.digest if held else None,
        at=dt.datetime.now(dt.UTC).replace(microsecond=0),
        grade=WORDS[wanted.grade],
        owner=wanted.owner,
        term=wanted.term,
        scope=tuple(sorted(set(wanted.scope))),
        handling=tuple(sorted(set(wanted.handling))),
        note=wanted.note,
        document=document,
        copy=held.copy if held else None,
    )


def take_label(path: Path, deciders: Deciders, home: Home, out: Path) -> Path:
    """Write the file without its label into `out`, and the signed record of it beside; gives the new file.

    Raises:
        Refused: LABEL, there is none, or reason, second person or key are missing; EXISTS.

    """
    if not deciders.complete:
        raise Refused(Reason.LABEL, "去除标识须写明理由，并由第二人用自己的密钥签名批准。")
    data = read(path)
    held = label_of(path, data)
    if held is None:
        raise Refused(Reason.LABEL, f"{path.name} 没有密级标识。")
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    gone = removal(
        held.label, reason=deciders.reason, decided_by=deciders.person, approved_by=deciders.approved_by, at=now
    )
    record = _signed(gone, deciders, home)
    target = out / path.name
    write_new(target.with_name(target.name + REMOVED), record.encode())
    write_new(target, labels.remove(data))
    return target


def _signed(label: Label, deciders: Deciders, home: Home) -> SignedLabel:
    signatures = [Signature.make(label, home.author_key(), person=deciders.person)]
    if label.change is not None and deciders.approver is not None:
        approved = Signature.make(label, deciders.approver, person=deciders.approved_by, role=Role.APPROVER)
        signatures.append(approved)
    signed = SignedLabel(label, tuple(signatures))
    if not signed.signatures_hold():
        raise Refused(Reason.LABEL, "决定人与批准人须各用各的签名密钥。")
    return signed


def _write(path: Path, data: bytes, signed: SignedLabel, out: Path) -> Path:
    target = out / path.name
    if labels.has_place(data, path.suffix):
        write_new(target, labels.put(data, path.suffix, signed))
    else:
        write_new(target, data)
        write_new(target.with_name(target.name + labels.SIDE_CAR), signed.encode())
    return target
