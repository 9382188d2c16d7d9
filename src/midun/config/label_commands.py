"""`midun label show | set | remove | key`."""

import argparse
import dataclasses
import datetime as dt
import json
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

from midun.desk.keys import Home, new_signing_key, signing_key
from midun.lib.marking.documents.files import read, write_new
from midun.lib.marking.documents.placing import labels
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.issue import label_of
from midun.lib.marking.label.change import WORDS as WEAKER
from midun.lib.marking.label.change import Weakening, follow, removal, weakenings
from midun.lib.marking.label.grades import HANDLING, WORDS
from midun.lib.marking.label.model import Change, Label, Owner, Term, TermKind
from midun.lib.marking.label.signing import Algorithm, Role, Signature, SignedLabel
from midun.lib.marking.trace import trace

REMOVED = ".label-removed.json"
OK, DOUBT, WRONG = 0, 1, 2


def add_to(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", home: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add the commands to the parser."""
    acts = commands.add_parser("label", help="密级标识：查看、设置、去除").add_subparsers(required=True)
    show = acts.add_parser("show", help="查看标识并核对签名、文件和密标")
    show.add_argument("paths", type=Path, nargs="+", metavar="FILE")
    show.add_argument("--json", action="store_true", help="输出 JSON")
    show.set_defaults(run=_show)
    put = acts.add_parser("set", help="写入标识（写成新文件）")
    put.add_argument("paths", type=Path, nargs="+", metavar="FILE")
    put.add_argument("--grade", required=True, choices=sorted(WORDS), help="密级，一般用“核心、重要、一般”")
    put.add_argument("--owner", required=True, help="权利人名称")
    put.add_argument("--owner-code", help="统一社会信用代码")
    put.add_argument("--since", type=dt.date.fromisoformat, help="保密期限起始日（默认今天）")
    term = put.add_mutually_exclusive_group(required=True)
    term.add_argument("--until", type=dt.date.fromisoformat, help="保密期限截止日")
    term.add_argument("--long", action="store_true", help="长期")
    term.add_argument("--until-publication", action="store_true", help="公布前")
    put.add_argument("--scope", action="append", default=[], help="知悉范围，可多次给出")
    put.add_argument("--handling", action="append", default=[], choices=sorted(HANDLING), help="处理要求，可多次给出")
    put.add_argument("--note", default="", help="备注")
    put.set_defaults(run=_set)
    off = acts.add_parser("remove", help="去除标识（须写明理由并由第二人批准）")
    off.add_argument("paths", type=Path, nargs="+", metavar="FILE")
    off.set_defaults(run=_remove)
    for one in (put, off):
        one.add_argument("--out", type=Path, required=True, help="新文件存到这个文件夹")
        one.add_argument("--person", required=True, help="定密或决定人姓名")
        one.add_argument("--reason", default="", help="降低保护的理由")
        one.add_argument("--approved-by", default="", help="批准人姓名")
        one.add_argument("--approver-key", type=Path, help="批准人的签名密钥文件")
    new = acts.add_parser("key", help="生成签名密钥（批准人各自保管）")
    new.add_argument("path", type=Path)
    new.add_argument("--sm2", action="store_true", help="用国密 SM2（默认 Ed25519）")
    new.set_defaults(run=_key)
    for one in (show, put, off, new):
        home(one)


def _key(options: argparse.Namespace) -> int:
    key = new_signing_key(options.path, Algorithm.SM2 if options.sm2 else Algorithm.ED25519)
    print(f"已生成 {options.path}，公钥：{key.public.hex()}")
    return OK


def _show(options: argparse.Namespace) -> int:
    home = Home.of(options.home)
    found = [_state(path, home) for path in options.paths]
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(one) for one in found))
    return OK if all(one["status"] == "valid" and not one["findings"] for one in found) else DOUBT


def _state(path: Path, home: Home) -> dict[str, object]:
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


_STATUS = {
    "none": "没有密级标识",
    "valid": "标识有效",
    "unknown-key": "签名成立，但签名人的公钥不在本机信任之列",
    "altered": "标识已被改动，签名不成立",
    "malformed": "标识无法识别",
}


def _lines(state: dict[str, object]) -> str:
    lines = [f"{state['file']}：{_STATUS[str(state['status'])]}"]
    label = state["label"]
    if isinstance(label, dict):
        lines.append(f"  {state['printed']}")
        lines.append(f"  知悉范围：{'、'.join(label['scope']) or '未限定'}")
        handling = state["handling"]
        lines.append(f"  处理要求：{'；'.join(handling) if isinstance(handling, list) and handling else '未限定'}")
    findings = state["findings"]
    lines += [f"  注意：{one}" for one in findings] if isinstance(findings, list) else []
    return "\n".join(lines)


def _set(options: argparse.Namespace) -> int:
    grade = WORDS[options.grade]
    if grade.warning:
        print(grade.warning, file=sys.stderr)
    return _each(options, _labelled)


def _labelled(path: Path, options: argparse.Namespace, home: Home) -> None:
    data = read(path)
    held = label_of(path, data)
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    kind = TermKind.LONG if options.long else TermKind.PUBLICATION if options.until_publication else TermKind.UNTIL
    label = Label(
        id=held.label.id if held else uuid.uuid4(),
        version=held.label.version + 1 if held else 1,
        previous=held.label.digest if held else None,
        at=now,
        grade=WORDS[options.grade],
        owner=Owner(options.owner, options.owner_code),
        term=Term(options.since or (held.label.term.since if held else now.date()), kind, options.until),
        scope=tuple(sorted(set(options.scope))),
        handling=tuple(sorted(set(options.handling))),
        note=options.note,
        document=labels.document(data),
        copy=held.label.copy if held else None,
    )
    if held:
        kinds = weakenings(held.label, label)
        if kinds and not (options.reason and options.approved_by and options.approver_key):
            what = "、".join(WEAKER[Weakening(one)] for one in kinds)
            follow_up = "须用 --reason、--approved-by、--approver-key 写明理由并由第二人签名"
            raise Refused(Reason.LABEL, f"{path.name}：{what}，{follow_up}。")
        if kinds:
            label = dataclasses.replace(label, change=_change(kinds, options))
        follow(held.label, label)
    _write(path, data, _signed(label, options, home), options.out)


def _change(kinds: tuple[str, ...], options: argparse.Namespace) -> Change:
    return Change(kinds, options.reason, options.person, options.approved_by)


def _signed(label: Label, options: argparse.Namespace, home: Home) -> SignedLabel:
    signatures = [Signature.make(label, home.author_key(), person=options.person)]
    if label.change is not None:
        approver = signing_key(options.approver_key)
        signatures.append(Signature.make(label, approver, person=options.approved_by, role=Role.APPROVER))
    signed = SignedLabel(label, tuple(signatures))
    if not signed.signatures_hold():
        raise Refused(Reason.LABEL, "决定人与批准人须各用各的签名密钥。")
    return signed


def _write(path: Path, data: bytes, signed: SignedLabel, out: Path) -> None:
    target = out / path.name
    if labels.has_place(data, path.suffix):
        write_new(target, labels.put(data, path.suffix, signed))
    else:
        write_new(target, data)
        write_new(target.with_name(target.name + labels.SIDE_CAR), signed.encode())


def _remove(options: argparse.Namespace) -> int:
    if not (options.reason and options.approved_by and options.approver_key):
        print("去除标识须用 --reason、--approved-by、--approver-key 写明理由并由第二人签名。", file=sys.stderr)
        return WRONG
    return _each(options, _unlabelled)


def _unlabelled(path: Path, options: argparse.Namespace, home: Home) -> None:
    data = read(path)
    held = label_of(path, data)
    if held is None:
        raise Refused(Reason.LABEL, f"{path.name} 没有密级标识。")
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    gone = removal(
        held.label, reason=options.reason, decided_by=options.person, approved_by=options.approved_by, at=now
    )
    record = _signed(gone, options, home)
    target = options.out / path.name
    write_new(target.with_name(target.name + REMOVED), record.encode())
    write_new(target, labels.remove(data))


def _each(options: argparse.Namespace, act: Callable[[Path, argparse.Namespace, Home], None]) -> int:
    home, refused = Home.of(options.home), 0
    for path in options.paths:
        try:
            act(path, options, home)
        except Refused as error:
            refused += 1
            print(f"未处理 {path}：{error}", file=sys.stderr)
    print(f"已处理 {len(options.paths) - refused} 个文件，未处理 {refused} 个。")
    return OK if not refused else DOUBT
