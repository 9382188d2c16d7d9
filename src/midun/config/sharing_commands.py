"""`midun index share`: private matching of two parties under agreement, on each party's own machine."""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from midun.lib.similarity.background import standard
from midun.lib.similarity.documents import Document
from midun.lib.similarity.sharing import (
    Joint,
    fingerprint_sets,
    join,
    met,
    new_half,
    parse_half,
    read_set,
    write_private,
    write_set,
)

FORMAT = "midun-share-result/1"
SHOWN = 50
FOUND, NOTHING = 0, 1
Reads = Callable[[Sequence[Path]], Iterable[Document]]


def add_parser(acts: Any, reads: Reads) -> None:
    """The command, under the acts of `midun index`. `reads` gives the documents under paths."""
    share = acts.add_parser("share", help="依协议与另一方比对：只交换联合密钥下的指纹，各自得知自己与对方重合的段落")
    steps = share.add_subparsers(required=True)
    one = steps.add_parser("begin", help="生成自己的一半密钥（自己保存）和公开文件（交给对方）")
    one.add_argument("--agreement", type=Path, required=True, help="双方签订的协议文件，双方须完全相同")
    one.add_argument("--out", type=Path, required=True, help="存到这个文件夹：mine.json 自己保存，offer.json 交给对方")
    one.set_defaults(run=_begin)
    two = steps.add_parser("set", help="生成自己材料的指纹集，交给对方")
    three = steps.add_parser("match", help="用对方的指纹集找出自己材料中与对方重合的段落")
    for step, act in ((two, _set), (three, _match)):
        step.add_argument("paths", type=Path, nargs="+", help="自己的材料")
        step.add_argument("--mine", type=Path, required=True, help="自己保存的 mine.json")
        step.add_argument("--with", type=Path, required=True, dest="offer", help="对方的 offer.json")
        step.set_defaults(run=act, reads=reads)
    two.add_argument("--out", type=Path, required=True, help="指纹集文件")
    three.add_argument("--set", type=Path, required=True, dest="theirs", help="对方的指纹集文件")
    three.add_argument("--out", type=Path, help="结果存为 JSON 文件")


def _begin(options: argparse.Namespace, _: Sequence[str]) -> int:
    half = new_half(options.agreement.read_bytes())
    options.out.mkdir(parents=True, exist_ok=True)
    write_private(options.out / "mine.json", half.encode())
    write_private(options.out / "offer.json", half.offer())
    print(f"{options.out / 'offer.json'} 交给对方；{options.out / 'mine.json'} 自己保存，比对完后删除，不要给任何人。")
    return FOUND


def _joined(options: argparse.Namespace) -> Joint:
    joint = join(parse_half(options.mine.read_bytes()), options.offer.read_bytes())
    print(f"本次比对的指纹 {joint.fingerprint}，请与对方当面或电话核对，一致后再交换指纹集。")
    return joint


def _set(options: argparse.Namespace, _: Sequence[str]) -> int:
    joint = _joined(options)
    sets = fingerprint_sets(options.reads(options.paths), joint.key, standard(joint.key))
    write_private(options.out, write_set(sets, joint))
    sizes = "、".join(f"{name} {len(values)}" for name, values in sets.items())
    print(f"{options.out} 交给对方（{sizes} 个指纹）。对方由此得知指纹个数，并能试探它自己写得出的内容在不在其中。")
    return FOUND


def _match(options: argparse.Namespace, _: Sequence[str]) -> int:
    joint = _joined(options)
    theirs = read_set(options.theirs.read_bytes(), joint)
    found = met(options.reads(options.paths), joint, theirs, standard(joint.key))
    for each in found[:SHOWN]:
        unit = "行" if each.family == "table" else "字"
        where = f"第 {each.begin}—{each.end} {unit}"
        print(f"{each.shared:>6} / {each.total} 个指纹  {each.document}  {each.place} {where}")
    print(f"自己的材料中有 {len(found)} 段与对方重合。这不是实质相同的结论；对方的其余内容没有透露。")
    if options.out:
        sizes = {name: len(values) for name, values in theirs.items()}
        result = {
            "format": FORMAT, "exchange": joint.fingerprint, "theirs": sizes, "met": [asdict(each) for each in found]
        }  # fmt: skip
        options.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return FOUND if found else NOTHING
