"""`midun log fsck DIR`: check every file of a transparency log."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from midun.lib.tlog.errors import Refused
from midun.lib.tlog.findings import Report
from midun.lib.tlog.fsck_private import check_directory
from midun.lib.tlog.keys import Verifier

_SHOWN = 200


class Command(BaseCommand):
    """Checks a log directory; exit code 0 clean, 1 damaged, 2 cannot be checked."""

    help = "核查透明日志目录：重新计算全部哈希，指出损坏、缺失、多余、被截短的文件（只读，不改动）"

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, where, and with which keys."""
        parser.add_argument("action", choices=["fsck"], help="fsck 核查")
        parser.add_argument("directory", type=Path, metavar="目录", help="日志目录，或其公开文件的副本")
        parser.add_argument(
            "--key",
            action="append",
            default=[],
            metavar="公钥",
            help="日志公钥（名称+编号+Base64），可写多个；不写则不验签名",
        )

    def handle(self, *, action: str, directory: Path, key: list[str], **_options: Any) -> None:
        """Check and report."""
        try:
            keys = [Verifier.parse(text) for text in key]
        except Refused as refused:
            raise CommandError(f"--key：{refused.reason.sentence}", returncode=2) from refused
        try:
            report = check_directory(directory, keys)
        except NotADirectoryError as error:
            raise CommandError(f"没有这个目录：{directory}", returncode=2) from error
        self._show(report)
        if report.damaged:
            sys.exit(1)

    def _show(self, report: Report) -> None:
        for finding in report.findings[:_SHOWN]:
            mark = "提示" if finding.notice else "损坏"
            self.stderr.write(f"{mark} {finding.kind.value} {finding.path}：{finding.detail}")
        if len(report.findings) > _SHOWN:
            self.stderr.write(f"……另有 {len(report.findings) - _SHOWN} 处")
        damage = sum(not finding.notice for finding in report.findings)
        size = report.head.size if report.head else 0
        signed = "签名已核验" if report.signature_checked else "未给出公钥，签名未核验"
        verdict = f"发现 {damage} 处损坏" if damage else "未发现损坏"
        self.stdout.write(f"共 {size:,} 条记录、{report.files:,} 个文件；{signed}；{verdict}。")
