"""`midun verify BUNDLE [FILE]` and `midun open MANIFEST PATH`."""

import argparse
import sys
from pathlib import Path

from midun.client.kept import OPENING
from midun.client.outcome import Exit, Failed
from midun.client.progress import Progress
from midun.lib.bundle.container import MAX_BYTES
from midun.lib.bundle.verdict import State, Status, Verdict
from midun.lib.bundle.verifying import verify_bundle
from midun.lib.tlog.commitment import Digests, digest_file
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.manifest import Manifest

_MAX_SMALL = 2 << 20
_EXIT = {Status.VALID: Exit.OK, Status.INVALID: Exit.INVALID, Status.ACCEPTED_ONLY: Exit.INCOMPLETE}
_MARKS = {State.OK: "[通过]", State.NOTE: "[注意]", State.MISSING: "[缺少]", State.FAILED: "[失败]"}
SCOPE = "它证明：该数据在上述时间已经存在，此后没有改动。它不证明：谁是作者、权利归谁、内容是否秘密。"


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `verify`: those of verify.py."""
    parser.add_argument("bundle", type=Path, metavar="证明包")
    parser.add_argument("file", type=Path, nargs="?", metavar="原文件", help="同时须用 --opening 给出开启信息")
    parser.add_argument("--opening", type=Path, metavar="文件", help="开启信息文件，由存证人保存")
    parser.add_argument("--policy", type=Path, metavar="文件", help="从别处取得的信任策略；不给则用证明包自带的")
    parser.add_argument("--tsa-roots", type=Path, metavar="文件", help="从时间戳机构取得的根证书（PEM）")
    parser.add_argument("--json", action="store_true", help="输出一行 JSON，供程序使用")


def run_verify(options: argparse.Namespace) -> Exit:
    """Verify; gives the exit code. Raises `Failed`."""
    if options.file and not options.opening:
        raise Failed(Exit.USAGE, "核验原文件须用 --opening 给出开启信息文件")
    verdict = verify_bundle(
        _read(options.bundle, MAX_BYTES),
        policy=_read(options.policy, _MAX_SMALL) if options.policy else None,
        roots=_read(options.tsa_roots, _MAX_SMALL) if options.tsa_roots else None,
        opening=_read(options.opening, _MAX_SMALL) if options.opening else None,
        file=_digests(options.file) if options.file else None,
    )
    if options.json:
        sys.stdout.write(verdict.encode().decode())
    else:
        _show(verdict)
    return _EXIT[verdict.status]


def _show(verdict: Verdict) -> None:
    for step in verdict.steps:
        print(f"{_MARKS[step.state]} {step.sentence}")
    print(f"\n{verdict.sentence}")
    if verdict.status is not Status.INVALID:
        print(SCOPE)


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


def add_open_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `open`."""
    parser.add_argument("manifest", type=Path, metavar="文件清单", help="存证文件夹时保存的 文件清单.jsonl")
    parser.add_argument("path", nargs="?", metavar="路径", help="清单中的路径；不写则列出全部")
    parser.add_argument("--out", type=Path, default=Path(OPENING), metavar="文件", help=f"默认 {OPENING}")


def run_open(options: argparse.Namespace) -> Exit:
    """Disclose one file of a set. Raises `Failed`."""
    try:
        with options.manifest.open("rb") as lines:
            manifest = Manifest.read(lines)
    except OSError as error:
        raise Failed(Exit.USAGE, f"文件读不出：{options.manifest}（{error.strerror}）") from error
    except Refused as refused:
        raise Failed(Exit.USAGE, f"{options.manifest}：{refused.reason.sentence}") from refused
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
