"""The command line of `verify.py`."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from typing import Any

from midun.lib.bundle.container import MAX_BYTES
from midun.lib.bundle.offline.checking import check_bundle
from midun.lib.bundle.offline.sm3 import QUICK_SM3, running_sm3

MAX_SMALL = 2 << 20
SLOW_SM3_BYTES = 8 << 20
EXIT = {"valid": 0, "invalid": 1, "valid-accepted-only": 3}
MARKS = {"ok": "[通过]", "note": "[注意]", "missing": "[缺少]", "failed": "[失败]"}


def read_up_to(path: str, limit: int) -> bytes:
    """A file's bytes, at most one more than the limit: whoever reads them refuses what is too long."""
    with open(path, "rb") as source:
        return source.read(limit + 1)


def digest_of_file(path: str) -> tuple[int, bytes, bytes, bool]:
    """Size, SHA-256, SM3 of a file of any size; whether SM3 was computed."""
    one, two, size = hashlib.sha256(), running_sm3(), 0
    with open(path, "rb") as source:
        source.seek(0, 2)
        quick = QUICK_SM3 or source.tell() <= SLOW_SM3_BYTES
        source.seek(0)
        for chunk in iter(lambda: source.read(1 << 20), b""):
            one.update(chunk)
            size += len(chunk)
            if quick:
                two.update(chunk)
    return size, one.digest(), two.digest() if quick else b"", quick


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The command line. Exits with 2 where it is wrong."""
    parser = argparse.ArgumentParser(
        description="离线核验秘盾存证证明包：不联网，只需要 Python 3.8 或更新版本。",
        epilog="退出码：0 核验通过；1 核验不通过；2 用法不对或文件读不出；3 日志签名有效但证明尚不齐全。",
        add_help=False,
    )
    parser.add_argument("bundle", metavar="证明包", help="从平台下载的 .zip 文件，不要解压")
    parser.add_argument("file", metavar="原文件", nargs="?", help="存证的原文件（同时须给出开启信息）")
    parser.add_argument("--opening", metavar="文件", help="开启信息文件，由存证人保存")
    parser.add_argument("--policy", metavar="文件", help="从别处取得的信任策略；不给则用证明包自带的")
    parser.add_argument("--tsa-roots", metavar="文件", help="从时间戳机构取得的根证书（PEM）；不给则用证明包自带的")
    parser.add_argument("--json", action="store_true", help="输出一行 JSON，供程序使用")
    parser.add_argument("-h", "--help", action="help", help="显示本说明")
    chosen = parser.parse_intermixed_args(arguments)
    if chosen.file and not chosen.opening:
        parser.error("核验原文件须用 --opening 给出开启信息文件")
    return chosen


def main(arguments: list[str]) -> int:
    """Verify as the command line says; gives the exit code."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="replace")
    chosen = parse_arguments(arguments)
    paths = (chosen.policy, chosen.tsa_roots, chosen.opening)
    try:
        bundle = read_up_to(chosen.bundle, MAX_BYTES)
        policy, roots, opening = (read_up_to(path, MAX_SMALL) if path else None for path in paths)
        file = digest_of_file(chosen.file) if chosen.file else None
    except OSError as error:
        sys.stderr.write(f"文件读不出：{error.filename}（{error.strerror}）\n")
        return 2
    verdict = check_bundle(bundle, policy, roots, opening, file[:3] if file else None)
    if chosen.json:
        sys.stdout.write(json.dumps(verdict, ensure_ascii=False) + "\n")
    else:
        show_verdict(verdict, sm3_left_out=bool(file and not file[3]))
    return EXIT[verdict["status"]]


def show_verdict(verdict: dict[str, Any], sm3_left_out: bool) -> None:
    """The verdict for people."""
    lines = [f"{MARKS[step['state']]} {step['sentence']}" for step in verdict["steps"]]
    if sm3_left_out:
        lines.append("[注意] 本机的 Python 没有 SM3，文件较大，只比对了大小和 SHA-256。")
    lines += ["", verdict["sentence"]]
    if verdict["status"] != "invalid":
        lines.append("它证明：该数据在上述时间已经存在，此后没有改动。它不证明：谁是作者、权利归谁、内容是否秘密。")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
