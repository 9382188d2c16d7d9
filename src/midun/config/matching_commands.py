"""`midun compare`, `midun index`, `midun scan`: local, without settings, database or network."""

import argparse
import contextlib
import hashlib
import json
import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import midun.kernel
from midun.client.cli import main as client
from midun.config.sharing_commands import add_parser
from midun.lib.similarity.background import FILE, build, of_folder, parts_of
from midun.lib.similarity.compare import compare, points_of
from midun.lib.similarity.documents import Document
from midun.lib.similarity.errors import SimilarityError
from midun.lib.similarity.keys import new_key, read_key, write_key
from midun.lib.similarity.points import parse_points, read_points
from midun.lib.similarity.readers.files import read_file
from midun.lib.similarity.report.facts import facts
from midun.lib.similarity.report.files import files_of, text_of
from midun.lib.similarity.scan import FORMAT, files_under, ranked, scan
from midun.lib.similarity.sealed import SIDES, pack, parse_session, seal
from midun.lib.similarity.store.index import MANIFEST, Index

FONTS = Path(midun.kernel.__file__).parent / "documents" / "fonts"
SHOWN = 50
CUSTODY = "请与索引分开保管：没有它，索引无法使用；同时有它和索引的人，可以试探索引中有没有某段内容。"
FOUND, NOTHING, WRONG = 0, 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run one of the commands; exit code 0 overlap found (or done), 1 none, 2 wrong call or unusable input."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if getattr(options, "deposit", False) and not options.out:
        parser.error("--deposit 需要 --out：存证的是报告文件夹中的 report.json")
    try:
        return int(options.run(options, arguments))
    except SimilarityError as error:
        print(error, file=sys.stderr)
        return WRONG
    except OSError as error:
        print(f"{error.filename or ''}：{error.strerror}", file=sys.stderr)
        return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="midun", description="同一性比对与线索筛查，全部在本机完成。")
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("compare", help="比对两份材料，逐个秘点给出重合", description=_compare.__doc__)
    one.add_argument("a", type=Path, help="甲方材料（文件或文件夹）：主张的商业秘密")
    one.add_argument("b", type=Path, help="乙方材料（文件或文件夹）：被比对的")
    one.add_argument("--points", type=Path, help="秘点文件（JSON，或以“## 标题”分段的文字）")
    one.add_argument("--out", type=Path, help="报告存到这个文件夹（report.html、report.pdf、report.json）")
    one.add_argument("--show-titles", action="store_true", help="在 summary.json 中写出秘点标题（登记到平台时会出示）")
    one.add_argument("--deposit", action="store_true", help="把 report.json 存证（需 --out、--server、--token）")
    one.add_argument("--server", default=os.environ.get("MIDUN_SERVER", ""), help="平台网址，或 MIDUN_SERVER")
    one.add_argument("--token", default=os.environ.get("MIDUN_TOKEN", ""), help="接口令牌，或 MIDUN_TOKEN")
    one.add_argument("--json", action="store_true", help="把 JSON 输出到屏幕")
    one.add_argument("--at", type=datetime.fromisoformat, help="报告上的时间（重做报告时填原来的）")
    one.set_defaults(run=_compare)
    two = commands.add_parser("index", help="建立、查看、核验受保护文件的指纹索引")
    acts = two.add_subparsers(required=True)
    for name, act, what in (
        ("add", _add, "把文件加入索引（没有就新建）"),
        ("list", _list, "列出索引中的文件"),
        ("verify", _verify, "逐字节核验索引"),
        ("merge", _merge, "并入同一密钥的另一个索引"),
        ("background", _public, "登记公开材料：与之相同的内容不再算作证据"),
    ):
        sub = acts.add_parser(name, help=what, description=what)
        if act in (_add, _merge, _public):
            sub.add_argument("paths", type=Path, nargs="+")
        _index_options(sub)
        sub.set_defaults(run=act)
    add_parser(acts, _documents)
    three = commands.add_parser("scan", help="在文件夹、压缩包中筛查与索引重合的文件")
    three.add_argument("path", type=Path)
    three.add_argument("--exclude", action="append", default=[], help="不扫描的文件名或路径（可用 * 通配，可多次给出）")
    three.add_argument("--journal", type=Path, help="续扫记录：中断后用同一命令继续")
    three.add_argument("--out", type=Path, help="结果存为 JSON 文件")
    three.add_argument("--workers", type=int, default=0, help="用这么多进程同时扫描（需要 midun[scale]）")
    three.add_argument(
        "--scheduler", default="", help="交给这个地址的 Dask 集群，如 tls://10.0.0.5:8786（需要 midun[scale]）"
    )
    _index_options(three)
    _sealing(commands)
    three.set_defaults(run=_scan)
    return parser


def _sealing(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    four = commands.add_parser("seal", help="把材料加密给办理机关的密封比对会话", description=_seal.__doc__)
    four.add_argument("path", type=Path, help="材料（文件或文件夹）")
    four.add_argument("--session", type=Path, required=True, help="办理机关给的会话文件 session.json")
    four.add_argument("--side", choices=SIDES, required=True, help="a 为甲方（主张权利），b 为乙方（被比对）")
    four.add_argument("--points", type=Path, help="秘点文件（甲方）")
    four.add_argument("--out", type=Path, help="材料包的文件名（默认在材料旁边）")
    four.set_defaults(run=_seal)


def _index_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--index", type=Path, required=True, help="索引文件夹")
    parser.add_argument("--key", type=Path, help="密钥文件（默认为索引旁边的 名称.key；请与索引分开保管）")


def _key_path(options: argparse.Namespace) -> Path:
    index: Path = options.index
    key: Path | None = options.key
    return key or index.with_name(index.name + ".key")


def _opened(options: argparse.Namespace) -> Index:
    return Index(options.index, read_key(_key_path(options)))


def _documents(paths: Sequence[Path], exclude: Sequence[str] = ()) -> Iterator[Document]:
    for root in paths:
        if not root.exists():
            raise FileNotFoundError(2, "没有这个文件或文件夹", str(root))
        for path in files_under(root, exclude):
            name = path.name if path == root else f"{root.name}/{path.relative_to(root).as_posix()}"
            for document in read_file(path, name):
                for notice in document.notices:
                    print(f"注意：{document.name}：{notice}", file=sys.stderr)
                yield document


_NOT_REMADE = ("--at", "--server", "--token")


def _remade(arguments: Sequence[str]) -> list[str]:
    """The arguments that decide what the report says: no time, no platform, and never the token."""
    kept, skip = [], False
    for argument in arguments:
        name = argument.split("=", 1)[0]
        if not skip and name not in _NOT_REMADE and argument != "--deposit":
            kept.append(argument)
        skip = not skip and argument in _NOT_REMADE
    return kept


def _deposited(options: argparse.Namespace) -> int:
    """Deposit `report.json` as `midun deposit` does; what is said goes beside the report's own output."""
    call = [
        str(options.out / "report.json"),
        "--server",
        options.server,
        "--token",
        options.token,
        "--label",
        "比对报告",
    ]
    with contextlib.redirect_stdout(sys.stderr):
        return client(["deposit", *call])


def _compare(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """比对甲方与乙方；退出码 0 有重合，1 没有，2 不能比对."""
    ours, theirs = list(_documents([options.a])), list(_documents([options.b]))
    points = read_points(options.points) if options.points else points_of(ours)
    digest = hashlib.sha256(options.points.read_bytes()).hexdigest() if options.points else ""
    if not points:
        print("甲方材料中没有可以比对的内容。", file=sys.stderr)
        return WRONG
    findings = compare(points, theirs)
    at = options.at or datetime.now(tz=UTC)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    command = shlex.join(["midun", *_remade(arguments), "--at", at.isoformat(timespec="seconds")])
    stated = facts(findings, ours, theirs, at=at, command=command, points_sha256=digest)
    if options.json:
        print(text_of(stated).decode(), end="")
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        outputs = files_of(stated, at=at, fonts=FONTS, titles=options.show_titles)
        for name, content in outputs.items():
            (options.out / name).write_bytes(content)
            print(f"{options.out / name}　SHA-256 {hashlib.sha256(content).hexdigest()}", file=sys.stderr)
    if not options.json:
        for finding in findings:
            print(
                f"秘点 {finding.point.identifier} {finding.point.title}：重合 {finding.covered:.1%}"
                f"（相同 {finding.verbatim:.1%}，有改动 {finding.adapted:.1%}，次序变动 {finding.reordered:.1%}）"
                + (f"；{finding.rate.sentence()}" if finding.above else "；未达到报告阈值")
            )
    if options.deposit and (failed := _deposited(options)):
        return failed
    return FOUND if any(f.above for f in findings) else NOTHING


def _seal(options: argparse.Namespace, _: Sequence[str]) -> int:
    """把材料加密给一次密封比对会话."""
    session = parse_session(options.session.read_bytes())
    points = options.points.read_bytes() if options.points else b""
    if points:
        parse_points(points)
    if not options.path.exists():
        raise FileNotFoundError(2, "没有这个文件或文件夹", str(options.path))
    out = options.out or options.path.with_name(f"{options.path.resolve().name}-{options.side}.sealed")
    sealed = seal(pack(options.path, points), session, options.side)
    out.write_bytes(sealed)
    print(f"会话指纹 {session.fingerprint}，请与办理机关核对。")
    print(f"{out}　SHA-256 {hashlib.sha256(sealed).hexdigest()}。只有办理机关的服务器能打开，请交给经办人。")
    return FOUND


def _add(options: argparse.Namespace, _: Sequence[str]) -> int:
    path = _key_path(options)
    if (options.index / MANIFEST).exists():
        index = _opened(options)
    else:
        if not path.exists():
            write_key(path, new_key())
            print(f"已生成密钥 {path}。{CUSTODY}")
        index = Index.create(options.index, read_key(path))
    added, passed = index.add(_documents(options.paths))
    print(f"加入 {added} 个文件，已有 {passed} 个；索引共 {index.entries} 份内容、{index.fingerprints} 个指纹。")
    return FOUND


def _list(options: argparse.Namespace, _: Sequence[str]) -> int:
    index = _opened(options)
    for entry in index.all_entries():
        units = "、".join(f"{name} {count}" for name, count in entry.units.items())
        print(f"{entry.sha256}  {entry.name} {entry.place}（{entry.kind}，{units}）")
    print(f"共 {index.entries} 份内容、{index.fingerprints} 个指纹，密钥 {index.key.check}。")
    return FOUND


def _verify(options: argparse.Namespace, _: Sequence[str]) -> int:
    index = _opened(options)
    index.verify()
    print(f"索引完好：{index.entries} 份内容、{index.fingerprints} 个指纹。")
    return FOUND


def _merge(options: argparse.Namespace, _: Sequence[str]) -> int:
    index = _opened(options)
    for path in options.paths:
        print(f"并入 {index.absorb(Index(path, index.key))} 份内容。")
    return FOUND


def _public(options: argparse.Namespace, _: Sequence[str]) -> int:
    index = _opened(options)
    model = build(parts_of(_documents(options.paths)), index.key, of_folder(index.folder, index.key), weight=2)
    path = index.folder / FILE
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(model.packed())
    os.replace(temporary, path)  # noqa: PTH105  # atomic on every system
    print(f"公开材料共 {model.documents} 份。")
    return FOUND


def _scan(options: argparse.Namespace, _: Sequence[str]) -> int:
    index = _opened(options)
    if not options.path.exists():
        raise FileNotFoundError(2, "没有这个文件或文件夹", str(options.path))

    def progress(files: int, size: int, hits: int) -> None:
        if sys.stderr.isatty() or files % 1000 == 0:
            print(f"\r已扫描 {files} 个文件、{size / 1e6:.1f} MB，命中 {hits}", end="", file=sys.stderr, flush=True)

    how = {"exclude": options.exclude, "journal": options.journal, "progress": progress}
    if options.workers or options.scheduler:
        scale = import_module("midun.lib.similarity.scale")  # the engine is an extra and takes a second to load
        rows = scale.scan(options.path, index, workers=options.workers, scheduler=options.scheduler, **how)
    else:
        rows = scan(options.path, index, of_folder(index.folder, index.key), **how)
    print(file=sys.stderr)
    hits = ranked(rows)
    for hit in hits[:SHOWN]:
        where = f"{hit['protected']} {hit['protected_place']}（{len(hit['places'])} 处）"
        print(f"{hit['evidence']:>9.1f} 比特  {hit['name']}  ←→  {where}")
    unread = sum(len(row["notices"]) for row in rows)
    print(
        f"扫描 {len(rows)} 个文件，命中 {len(hits)} 对" + (f"，{unread} 条未读说明见结果文件" if unread else "") + "。"
    )
    if options.out:
        result = {"format": FORMAT, "key": index.key.check, "hits": hits, "files": rows}
        options.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return FOUND if hits else NOTHING
