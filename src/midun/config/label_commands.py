"""`midun label show | set | remove | key`."""

import argparse
import datetime as dt
import json
import sys
from collections.abc import Callable
from pathlib import Path

from midun.desk.keys import Home, new_signing_key, signing_key
from midun.desk.labelling import STATUS, Deciders, Wanted, put_label, state_of, take_label
from midun.lib.marking.documents.files import read
from midun.lib.marking.errors import Refused
from midun.lib.marking.issue import label_of
from midun.lib.marking.label.grades import HANDLING, WORDS
from midun.lib.marking.label.model import Owner, Term, TermKind
from midun.lib.marking.label.signing import Algorithm

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
    found = [state_of(path, home) for path in options.paths]
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(one) for one in found))
    return OK if all(one["status"] == "valid" and not one["findings"] for one in found) else DOUBT


def _lines(state: dict[str, object]) -> str:
    lines = [f"{state['file']}：{STATUS[str(state['status'])]}"]
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
    held = label_of(path, read(path))
    kind = TermKind.LONG if options.long else TermKind.PUBLICATION if options.until_publication else TermKind.UNTIL
    since = options.since or (held.label.term.since if held else dt.datetime.now(dt.UTC).date())
    wanted = Wanted(
        options.grade,
        Owner(options.owner, options.owner_code),
        Term(since, kind, options.until),
        tuple(options.scope),
        tuple(options.handling),
        options.note,
    )
    put_label(path, wanted, _deciders(options), home, options.out)


def _unlabelled(path: Path, options: argparse.Namespace, home: Home) -> None:
    take_label(path, _deciders(options), home, options.out)


def _deciders(options: argparse.Namespace) -> Deciders:
    key = signing_key(options.approver_key) if options.approver_key else None
    return Deciders(options.person, options.reason, options.approved_by, key)


def _remove(options: argparse.Namespace) -> int:
    if not _deciders(options).complete:
        print("去除标识须用 --reason、--approved-by、--approver-key 写明理由并由第二人签名。", file=sys.stderr)
        return WRONG
    return _each(options, _unlabelled)


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
