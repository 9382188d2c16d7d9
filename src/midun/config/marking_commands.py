"""`midun mark`, `midun trace`, `midun label`: on the machine where the secret lives, without settings or database."""

import argparse
import concurrent.futures
import dataclasses
import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from midun.config import label_commands
from midun.desk.batch import Terms, folders, made, order
from midun.desk.keys import Home
from midun.desk.recipients import read_recipients, unique
from midun.desk.tracing import label_findings
from midun.lib.marking.code.message import write_id
from midun.lib.marking.documents.files import Kind, kind_of, read
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.image.strength import PROFILES
from midun.lib.marking.issue import Made, Order
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.registry import REGISTRY_NAME, Issued, Registry
from midun.lib.marking.trace import Attribution, trace, trace_glyphs
from midun.lib.sheets import SheetError

DONE, NOTHING, WRONG = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run one of the commands; 0 done or found, 1 some refused or nothing found, 2 wrong call or unusable input."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except Refused as error:
        print(error, file=sys.stderr)
        return WRONG
    except OSError as error:
        print(f"{error.filename or ''}：{error.strerror}", file=sys.stderr)
        return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="midun", description="电子密标，全部在本机完成。")
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("mark", help="给每位接收人制作带密标的副本")
    one.add_argument("paths", type=Path, nargs="+", metavar="FILE", help="文件或文件夹（文件夹内逐个处理）")
    one.add_argument("--to", action="append", default=[], metavar="RECIPIENT", help="接收人，可多次给出")
    one.add_argument("--to-file", type=Path, help="接收人名单：UTF-8 文本，每行一人")
    one.add_argument(
        "--recipients", type=Path, metavar="FILE.xlsx", help="接收人名单：Excel 表格，“接收人”一列每行一人"
    )
    one.add_argument("--strength", choices=sorted(PROFILES), default="normal", help="密标强度（默认 normal）")
    one.add_argument("--out", type=Path, default=Path("密标副本"), help="副本存到这个文件夹，每位接收人一个子文件夹")
    one.add_argument("--purpose", default="", help="用途，记入登记簿")
    one.add_argument("--person", default="", help="制作人，签入副本的密级标识")
    one.add_argument(
        "--wording", action="store_true", help="允许替换同义词（如“例如/比如”），使密标经得起去除空格和不可见字符"
    )
    one.add_argument(
        "--collusion", action="store_true", help="另加合谋追踪编码：几份副本叠加平均后仍可凭登记簿查出来源"
    )
    one.add_argument(
        "--glyphs",
        action="store_true",
        help="PDF 文字另作字位微移：扫描软件“增强”或黑白扫描后，凭原件仍可查出是谁的副本",
    )
    one.add_argument("--jobs", type=int, default=1, help="同时处理的进程数")
    _home(one)
    one.set_defaults(run=_mark)
    two = commands.add_parser("trace", help="查泄露文件是谁的副本")
    two.add_argument("paths", type=Path, nargs="+", metavar="LEAK")
    two.add_argument("--against", type=Path, metavar="REGISTRY", help="副本登记簿（默认用本机的）")
    two.add_argument("--original", type=Path, metavar="PDF", help="制作副本所用的原件：用来读字位微移")
    two.add_argument("--json", action="store_true", help="输出 JSON")
    _home(two)
    two.set_defaults(run=_trace)
    label_commands.add_to(commands, _home)
    return parser


def _home(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--home", type=Path, help="密钥和登记簿所在文件夹（默认 MIDUN_MARKS 或 ~/.midun-marks）")


def _mark(options: argparse.Namespace) -> int:
    home = Home.of(options.home)
    recipients = _recipients(options)
    if not recipients:
        print("请用 --to、--to-file 或 --recipients 写明接收人。", file=sys.stderr)
        return WRONG
    registry = Registry(home.registry)
    try:
        return _all(options, home, registry, recipients)
    finally:
        registry.close()


def _recipients(options: argparse.Namespace) -> list[str]:
    listed = read(options.to_file, 1 << 22).decode("utf-8-sig").split("\n") if options.to_file else []
    return unique([*options.to, *listed, *_table(options.recipients)])


def _table(path: Path | None) -> list[str]:
    """The recipients of a workbook; a table with a wrong row is refused as a whole."""
    if path is None:
        return []
    try:
        found = read_recipients(read(path, 1 << 25), path.name)
    except SheetError as error:
        raise Refused(Reason.FORMAT, f"{path.name}：{error.message}") from error
    if found.errors:
        raise Refused(Reason.FORMAT, f"{path.name} 中有错误，没有制作副本：\n" + "\n".join(found.sentences()))
    return found.names


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Each file with its place below what was named; links are not followed, side-cars are no documents."""
    for path in paths:
        if not path.is_dir():
            yield path, Path(path.name)
            continue
        for one in sorted(path.rglob("*")):
            hidden = any(part.startswith(".") for part in one.relative_to(path).parts)
            if one.is_file() and not one.is_symlink() and not hidden and not one.name.endswith(".midun-label.json"):
                yield one, one.relative_to(path.parent)


def _all(options: argparse.Namespace, home: Home, registry: Registry, recipients: list[str]) -> int:
    tasks, refused, kept = _orders(options, home, registry, recipients)
    done = 0
    for given, answer in _made(tasks, options.jobs):
        if isinstance(answer, Made):
            registry.finish(given.copy_id, copy=answer.copy, carriers=answer.carriers, label=answer.label)
            done += 1
            _progress(f"{done}/{len(tasks)}　{given.recipient}　{given.target}")
        else:
            refused += 1
            print(f"未制作 {given.source}（{given.recipient}）：{answer}", file=sys.stderr)
    print(f"已制作 {done} 份，此前已有 {kept} 份，未能制作 {refused} 份。")
    return DONE if not refused else NOTHING


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _orders(
    options: argparse.Namespace, home: Home, registry: Registry, recipients: list[str]
) -> tuple[list[Order], int, int]:
    """What is to be made, how many files could not be read, how many copies are there already."""
    at = datetime.now(UTC).replace(microsecond=0)
    terms = Terms(
        dataclasses.replace(home.mark_key(), tracing=options.collusion),
        home.author_key(),
        at,
        options.person or "本机",
        options.purpose,
        options.wording,
        profile=PROFILES[options.strength],
        glyphs=options.glyphs,
    )
    orders, refused, kept = [], 0, 0
    for source, place in _files(options.paths):
        try:
            digest = hashlib.sha256(read(source)).hexdigest()
        except Refused as error:
            refused += 1
            print(f"未制作 {source}：{error}", file=sys.stderr)
            continue
        for recipient, folder in folders(recipients).items():
            found = order(source, digest, options.out / folder / place, recipient, terms, registry)
            if found is None:
                kept += 1
            else:
                orders.append(found)
    return orders, refused, kept


def _made(orders: list[Order], jobs: int) -> Iterator[tuple[Order, Made | Refused]]:
    if jobs <= 1 or len(orders) <= 1:
        for one in orders:
            yield one, made(one)
        return
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        futures = {pool.submit(made, one): one for one in orders}
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.result()


def _trace(options: argparse.Namespace) -> int:
    home = Home.of(options.home)
    keys = home.mark_keys()
    if not keys:
        print(f"{home.path} 中没有密标密钥，无法追溯。", file=sys.stderr)
        return WRONG
    against = options.against or home.registry
    against = against / REGISTRY_NAME if against.is_dir() else against
    registry = Registry(against, create=False)
    try:
        issued = {key.fingerprint: registry.ids(key.fingerprint) for key in keys}
        original = read(options.original) if options.original else None
        reports = [_traced(path, registry, keys, issued, original) for path, _ in _files(options.paths)]
    finally:
        registry.close()
    if options.json:
        print(json.dumps(reports, ensure_ascii=False, indent=2))
    else:
        print("\n\n".join(_sentences(report) for report in reports))
    return DONE if all(report["found"] for report in reports) else NOTHING


def _traced(
    path: Path, registry: Registry, keys: list[MarkKey], issued: dict[str, list[bytes]], original: bytes | None
) -> dict[str, object]:
    """A file that cannot be read is reported; the others are still looked at."""
    try:
        data = read(path)
        found = trace(data, path.suffix, keys, issued)
        if original is not None and kind_of(data) is not Kind.TEXT:
            found += trace_glyphs(original, data, keys, issued)
        return _report(path, registry, found)
    except Refused as error:
        return {"file": str(path), "found": [], "identical_to": None, "label": [f"未能检查：{error}"]}


def _report(path: Path, registry: Registry, found: list[Attribution]) -> dict[str, object]:
    data = read(path)
    same = registry.of_content(hashlib.sha256(data).hexdigest())
    rows = {one.copy_id: registry.get(one.copy_id) for one in found}
    return {
        "file": str(path),
        "found": [
            {
                "copy": write_id(one.copy_id),
                "carrier": one.carrier,
                "place": one.place,
                "log10_error": round(one.log10_error, 2),
                "regions": one.regions,
                "registry": _row(rows[one.copy_id]),
            }
            for one in found
        ],
        "identical_to": _row(same),
        "label": label_findings(path, data, rows),
    }


def _row(row: Issued | None) -> dict[str, object] | None:
    return None if row is None else {**asdict(row), "copy_id": row.copy_id.hex()}


def _sentences(report: dict[str, object]) -> str:
    lines = [str(report["file"])]
    found = report["found"]
    for one in found if isinstance(found, list) else []:
        row = one["registry"]
        who = f"发给 {row['recipient']}（{row['at'][:10]}，原件 {row['name']}）" if row else "登记簿中没有这个编号"
        bound = f"误认概率不超过 10^{one['log10_error']:.1f}"
        lines.append(f"  副本 {one['copy']}：{who}；载体 {one['carrier']}，{one['place']}，{bound}")
    unread = isinstance(report["label"], list) and any("未能检查" in str(note) for note in report["label"])
    if not found and not unread:
        lines.append("  未检出密标。")
    same = report["identical_to"]
    if isinstance(same, dict):
        lines.append(f"  文件与发给 {same['recipient']} 的副本逐字节相同。")
    notes = report["label"]
    lines += [f"  {note}" for note in notes] if isinstance(notes, list) else []
    return "\n".join(lines)
