"""`midun deposit FILE|DIR`: digests, commitments, what must be kept, then the request, the receipt, the bundle."""

import argparse
import json
import os
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

from midun.client.kept import BUNDLE, FORMAT, MANIFEST, OPENING, RECEIPT, REQUEST, Kept, Request
from midun.client.outcome import Exit, Failed
from midun.client.progress import Progress
from midun.client.web import Site, refusal
from midun.lib.tlog.checkpoint import parse_checkpoint
from midun.lib.tlog.commitment import MAX_META, Digests, digest_file, parse_entry
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.manifest import scan
from midun.lib.tlog.merkle import SHA256, verify_inclusion
from midun.lib.tlog.note import parse_note
from midun.lib.tlog.proof import parse_proof

_POLL = 2.0
_SHOWN = 5
_GOOD = (200, 201)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("original", type=Path, metavar="文件或文件夹")
    parser.add_argument("--server", default=os.environ.get("MIDUN_SERVER", ""), metavar="网址", help="或 MIDUN_SERVER")
    parser.add_argument("--token", default=os.environ.get("MIDUN_TOKEN", ""), metavar="令牌", help="或 MIDUN_TOKEN")
    parser.add_argument("--project", type=UUID, metavar="编号", help="归入的研发过程")
    parser.add_argument("--label", metavar="文字", help="平台可见的标注；默认不填")
    parser.add_argument("--statement", type=Path, metavar="文件", help="来源说明，一并承诺，不发送")
    parser.add_argument("--keep", type=Path, metavar="文件夹", help="保存开启信息与回执；默认在原文件旁")
    parser.add_argument("--claim-time", action="store_true", help="在记录中写入本机时间（自报，不是证明）")
    parser.add_argument("--wait", type=int, default=0, metavar="秒", help="等待见证与时间戳齐备，然后下载证明包")
    parser.add_argument("--quiet", action="store_true", help="不显示进度")


def run(options: argparse.Namespace) -> Exit:
    """Deposit; gives the exit code. Raises `Failed`."""
    if not options.server or not options.token:
        raise Failed(Exit.USAGE, "请给出 --server 与 --token，或设置环境变量 MIDUN_SERVER、MIDUN_TOKEN")
    site, kept = Site(options.server, options.token), Kept.beside(options.original.absolute(), options.keep)
    kind, sha256, sm3 = _prepare(options, kept)
    request = kept.request()
    if request is None:
        claimed = int(time.time()) if options.claim_time else 0
        project = str(options.project) if options.project else None
        request = Request(kind, sha256.hex(), sm3.hex(), claimed, project, options.label, secrets.token_urlsafe(24))
        fields = {"format": FORMAT, **request.body(), "key": request.key}
        kept.write(REQUEST, (json.dumps(fields, ensure_ascii=False, indent=1) + "\n").encode())
    _tell(kept, MANIFEST if options.original.is_dir() else OPENING)
    receipt = _send(site, kept, request)
    print(f"已存证：编号 {receipt['deposit']}，日志第 {receipt['index']} 条。")
    return _wait(site, kept, receipt, options.wait) if options.wait else Exit.OK


def _prepare(options: argparse.Namespace, kept: Kept) -> tuple[int, bytes, bytes]:
    original, statement = options.original, b""
    try:
        if options.statement:
            statement = options.statement.read_bytes()
        if len(statement) > MAX_META:
            raise Failed(Exit.USAGE, "来源说明超过 65535 字节")
        if original.is_dir():
            return kept.prepare_set(digest_folder(original, kept.folder, quiet=options.quiet), statement)
        with Progress(original.stat().st_size, "计算摘要", quiet=options.quiet) as progress:
            return kept.prepare_file(digest_file(original, progress.reach), statement)
    except Refused as refused:
        raise Failed(Exit.USAGE, f"{refused.detail}：{refused.reason.sentence}") from refused
    except OSError as error:
        raise Failed(Exit.USAGE, f"读不出或写不下：{error.filename or original}（{error.strerror}）") from error


def digest_folder(folder: Path, kept: Path, *, quiet: bool = False) -> dict[str, Digests]:
    """Digests of the files of a folder, several at a time; `kept` is what must not lie inside it. Raises `Failed`."""
    found = scan(folder)
    if kept.absolute().is_relative_to(folder.absolute()):
        raise Failed(Exit.USAGE, "--keep 不能在要存证的文件夹里面")
    if not found.files:
        raise Failed(Exit.USAGE, f"{folder} 里没有文件")
    for path in found.skipped[:_SHOWN]:
        print(f"跳过（不是普通文件）：{path}", file=sys.stderr)
    if len(found.skipped) > _SHOWN:
        print(f"……共跳过 {len(found.skipped)} 个", file=sys.stderr)
    total, before, files = sum((folder / path).stat().st_size for path in found.files), 0, {}
    with (
        Progress(total, f"计算摘要（{len(found.files)} 个文件）", quiet=quiet) as progress,
        ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool,
    ):
        # Hashing leaves other threads free to run: as many files at a time as there are processors.
        digested = pool.map(lambda path: digest_file(folder / path), found.files)
        for path, digests in zip(found.files, digested, strict=True):
            files[path] = digests
            before += digests.size
            progress.reach(before)
    return files


def _tell(kept: Kept, secret: str) -> None:
    print(f"“{kept.folder / secret}”是打开这次存证的唯一凭据，已先行保存。")
    print("请连同原文件妥善备份：丢失任何一个，都不能再证明存证的是什么；平台没有副本。", flush=True)


def _send(site: Site, kept: Kept, request: Request) -> dict[str, object]:
    data = kept.read(RECEIPT)
    if data is None:
        answer = site.post("/api/v1/deposits", request.body(), request.key)
        if answer.status not in _GOOD:
            raise refusal(answer)
        data = answer.body
        receipt = checked(data, request)
        kept.write(RECEIPT, data)
        return receipt
    return checked(data, request)


def checked(data: bytes, request: Request) -> dict[str, object]:
    """A receipt that proves this request's commitments under some checkpoint. Raises `Failed`.

    Whose key signed it is for the verification of the bundle to say, with a policy from elsewhere.
    """
    try:
        receipt: dict[str, object] = json.loads(data)
        proof = parse_proof(str(receipt["proof"]).encode())
        entry = parse_entry(proof.extra or b"")
        head = parse_checkpoint(parse_note(proof.checkpoint).text)
        leaf = SHA256.leaf(proof.extra or b"")
        verify_inclusion(leaf=leaf, index=proof.index, size=head.size, proof=proof.hashes, root=head.root)
        found = (int(entry.kind), entry.commitment.sha256.hex(), entry.commitment.sm3.hex(), proof.index)
        UUID(str(receipt["deposit"]))
        if found != (request.kind, request.sha256, request.sm3, receipt["index"]):
            raise Failed(Exit.INVALID, "平台的回执不是对这次存证的：承诺值或序号不符，请与平台联系")
    except Refused as refused:
        raise Failed(Exit.INVALID, f"平台的回执不成立：{refused.reason.sentence}") from refused
    except (ValueError, KeyError, TypeError) as error:
        raise Failed(Exit.INVALID, "平台的回执读不出，请与平台联系") from error
    return receipt


def _wait(site: Site, kept: Kept, receipt: dict[str, object], seconds: int) -> Exit:
    path, until = f"/api/v1/deposits/{receipt['deposit']}", time.monotonic() + seconds
    request = kept.request()
    while receipt.get("stage") != "final" and time.monotonic() < until and request:
        site.sleep(_POLL)
        answer = site.get(path)
        if answer.status not in _GOOD:
            raise refusal(answer)
        receipt = checked(answer.body, request)
        kept.write(RECEIPT, answer.body)
    answer = site.get(f"{path}/bundle")
    if answer.status not in _GOOD:
        raise refusal(answer)
    kept.write(BUNDLE, answer.body)
    print(f"证明包：{kept.folder / BUNDLE}")
    if receipt.get("stage") == "final":
        return Exit.OK
    print("见证方签名或时间戳尚未齐备，可稍后用同样的命令再取。", file=sys.stderr)
    return Exit.INCOMPLETE
