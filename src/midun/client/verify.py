"""`midun verify BUNDLE [FILE or FOLDER]` and `midun open MANIFEST PATH`."""

import argparse
import json
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from midun.client.kept import OPENING
from midun.client.outcome import Exit, Failed
from midun.client.progress import Progress
from midun.lib.bundle.container import MAX_BYTES
from midun.lib.bundle.copies import MAX_BYTES as MAX_DISCLOSURE
from midun.lib.bundle.copies_verified import verify_disclosure
from midun.lib.bundle.verdict import State, Status, Verdict
from midun.lib.bundle.verifying import verify_bundle
from midun.lib.tlog.commitment import Digests, digest_file
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.manifest import Manifest, scan

_MAX_SMALL = 2 << 20
_SHOWN = 20
_EXIT = {Status.VALID: Exit.OK, Status.INVALID: Exit.INVALID, Status.ACCEPTED_ONLY: Exit.INCOMPLETE}
_MARKS = {State.OK: "[通过]", State.NOTE: "[注意]", State.MISSING: "[缺少]", State.FAILED: "[失败]"}
SCOPE_COPY = "它证明：这份副本的登记在上述时间已经存在，此后没有改动。它不证明：副本是否送达，是谁泄露的。"
SCOPE = "它证明：该数据在上述时间已经存在，此后没有改动。它不证明：谁是作者、权利归谁、内容是否秘密。"


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `verify`: those of verify.py."""
    parser.add_argument("bundle", type=Path, metavar="证明包", help="或一份副本登记的出示文件（JSON）")
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="原文件", help="或存证的文件夹；同时须用 --opening 给出开启信息"
    )
    parser.add_argument(
        "--opening", type=Path, metavar="文件", help="开启信息文件，由存证人保存；核验文件夹时是 文件清单.jsonl"
    )
    parser.add_argument("--policy", type=Path, metavar="文件", help="从别处取得的信任策略；不给则用证明包自带的")
    parser.add_argument("--tsa-roots", type=Path, metavar="文件", help="从时间戳机构取得的根证书（PEM）")
    parser.add_argument("--json", action="store_true", help="输出一行 JSON，供程序使用")


def run_verify(options: argparse.Namespace) -> Exit:
    """Verify; gives the exit code. Raises `Failed`."""
    if options.file and not options.opening:
        raise Failed(Exit.USAGE, "核验原文件须用 --opening 给出开启信息文件")
    if options.file and options.file.is_dir():
        return _verify_folder(options)
    data = _read(options.bundle, MAX_DISCLOSURE)
    if data.lstrip()[:1] == b"{":
        return _verify_copy(data, options)
    verdict = verify_bundle(
        data,
        policy=_read(options.policy, _MAX_SMALL) if options.policy else None,
        roots=_read(options.tsa_roots, _MAX_SMALL) if options.tsa_roots else None,
        opening=_read(options.opening, _MAX_SMALL) if options.opening else None,
        file=_digests(options.file) if options.file else None,
    )
    return _told(verdict, options)


def _verify_copy(data: bytes, options: argparse.Namespace) -> Exit:
    """One copy of a registry, shown with its proof (docs/formats/copy-disclosure.md)."""
    if options.opening or options.file:
        raise Failed(Exit.USAGE, "出示文件自带开启信息，不用另给原文件或 --opening")
    verdict = verify_disclosure(
        data,
        policy=_read(options.policy, _MAX_SMALL) if options.policy else None,
        roots=_read(options.tsa_roots, _MAX_SMALL) if options.tsa_roots else None,
    )
    return _told(verdict, options, SCOPE_COPY)


def _told(verdict: Verdict, options: argparse.Namespace, scope: str | None = None) -> Exit:
    if options.json:
        sys.stdout.write(verdict.encode().decode())
    else:
        _show(verdict, scope or SCOPE)
    return _EXIT[verdict.status]


def _verify_folder(options: argparse.Namespace) -> Exit:
    """The bundle, that the manifest is what was deposited, then every file of the folder against the manifest."""
    manifest = _manifest(options.opening)
    verdict = verify_bundle(
        _read(options.bundle, MAX_BYTES),
        policy=_read(options.policy, _MAX_SMALL) if options.policy else None,
        roots=_read(options.tsa_roots, _MAX_SMALL) if options.tsa_roots else None,
        opening=manifest.open(min(manifest.files)).encode(),
    )
    found = (
        {"changed": [], "missing": [], "added": []} if verdict.status is Status.INVALID else _compare(options, manifest)
    )
    if options.json:
        fields = {**json.loads(verdict.encode()), "folder": {**found, "files": len(manifest.files)}}
        print(json.dumps(fields, ensure_ascii=False))
    else:
        _show(verdict, SCOPE)
        if verdict.status is not Status.INVALID:
            _show_folder(found, len(manifest.files))
    return Exit.INVALID if found["changed"] or found["missing"] else _EXIT[verdict.status]


def _compare(options: argparse.Namespace, manifest: Manifest) -> dict[str, list[str]]:
    """Paths whose contents changed, that are gone, and that were not deposited."""
    folder: Path = options.file
    try:
        here = set(scan(folder).files)
        changed = list(_changed(folder, manifest, sorted(here & set(manifest.files))))
    except OSError as error:
        raise Failed(Exit.USAGE, f"文件夹读不出：{error.filename}（{error.strerror}）") from error
    except Refused as refused:
        raise Failed(Exit.USAGE, f"{folder}：{refused.reason.sentence}") from refused
    kept = {OPENING, options.opening.name} if options.opening.resolve().parent == folder.resolve() else set()
    return {
        "changed": changed,
        "missing": sorted(set(manifest.files) - here),
        "added": sorted(here - set(manifest.files) - kept),
    }


def _changed(folder: Path, manifest: Manifest, paths: list[str]) -> Iterator[str]:
    """Those whose size or digests are not the deposited ones; a file of another size is not read."""
    same_size = {path for path in paths if (folder / path).stat().st_size == manifest.files[path].size}
    done = 0
    with Progress(sum(manifest.files[path].size for path in same_size), "计算摘要") as progress:
        for path in paths:
            if path not in same_size:
                yield path
                continue
            if digest_file(folder / path, partial(_reach, progress, done)) != manifest.files[path]:
                yield path
            done += manifest.files[path].size


def _reach(progress: Progress, before: int, done: int) -> None:
    progress.reach(before + done)


def _show_folder(found: dict[str, list[str]], files: int) -> None:
    said = {"changed": "内容与存证时不同", "missing": "文件夹里没有", "added": "存证时没有，不受证明"}
    print()
    for kind, paths in found.items():
        mark = State.NOTE if kind == "added" else State.FAILED
        for path in paths[:_SHOWN]:
            print(f"{_MARKS[mark]} {said[kind]}：{path}")
        if len(paths) > _SHOWN:
            print(f"……另有 {len(paths) - _SHOWN} 个{said[kind]}，--json 列出全部")
    wrong = len(found["changed"]) + len(found["missing"])
    if wrong:
        rest = f"其余 {files - wrong} 个完全相同"
        print(f"文件夹核验不通过：存证的 {files} 个文件中，{wrong} 个与存证时不同或已不在，{rest}。")
    else:
        print(f"文件夹核验通过：存证的 {files} 个文件都与存证时完全相同。")


def _show(verdict: Verdict, scope: str) -> None:
    for step in verdict.steps:
        print(f"{_MARKS[step.state]} {step.sentence}")
    print(f"\n{verdict.sentence}")
    if verdict.status is not Status.INVALID:
        print(scope)


def _read(path: Path, limit: int) -> bytes:
    """A file's bytes, at most one more than the limit: whoever reads them refuses what is too long."""
    try:
        with path.open("rb") as source:
            return source.read(limit + 1)
    except OSError as error:
        raise Failed(Exit.USAGE, f"文件读不出：{path}（{error.strerror}）") from error


def _digests(path: Path) -> Digests:
    try:
        with Progress(path.stat().st_size, "计算摘要") as progress:
            return digest_file(path, progress.reach)
    except OSError as error:
        raise Failed(Exit.USAGE, f"文件读不出：{path}（{error.strerror}）") from error
    except Refused as refused:
        raise Failed(Exit.USAGE, f"{path}：{refused.reason.sentence}") from refused


def _manifest(path: Path) -> Manifest:
    try:
        with path.open("rb") as lines:
            return Manifest.read(lines)
    except OSError as error:
        raise Failed(Exit.USAGE, f"文件读不出：{path}（{error.strerror}）") from error
    except Refused as refused:
        raise Failed(Exit.USAGE, f"{path} 不是文件夹存证的 文件清单.jsonl：{refused.reason.sentence}") from refused


def add_open_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `open`."""
    parser.add_argument("manifest", type=Path, metavar="文件清单", help="存证文件夹时保存的 文件清单.jsonl")
    parser.add_argument("path", nargs="?", metavar="路径", help="清单中的路径；不写则列出全部")
    parser.add_argument("--out", type=Path, default=Path(OPENING), metavar="文件", help=f"默认 {OPENING}")


def run_open(options: argparse.Namespace) -> Exit:
    """Disclose one file of a set. Raises `Failed`."""
    manifest = _manifest(options.manifest)
    if options.path is None:
        for path in sorted(manifest.files):
            print(path)
        return Exit.OK
    if options.path not in manifest.files:
        raise Failed(Exit.USAGE, f"清单里没有“{options.path}”；不写路径可列出全部")
    try:
        with options.out.open("xb") as out:
            out.write(manifest.open(options.path).encode())
    except OSError as error:
        raise Failed(Exit.USAGE, f"写不下：{options.out}（{error.strerror}）") from error
    print(f"已写入 {options.out}：它只开启“{options.path}”，不透露其余 {len(manifest.files) - 1} 个文件的任何情况。")
    return Exit.OK
