"""`midun trail verify`: re-hash the whole trail, or an exported file of it."""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from midun.evidence.services.platform import faults as log_faults
from midun.evidence.services.platform import trail_heads
from midun.kernel.trail import anchors
from midun.kernel.trail.chain import BadExport, Fault, export_faults
from midun.kernel.trail.services import head, verify

_SHOWN = 50


class Command(BaseCommand):
    """Verifies the chain; exit code 1 when anything is wrong."""

    help = "核验留痕：逐条重算摘要，找出被改动、缺失、重排或截去的记录"

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, against which noted head, or on which exported file."""
        parser.add_argument("action", choices=["verify", "head"], help="verify 核验；head 只显示最新一条的序号与摘要")
        parser.add_argument("--expect", metavar="序号:摘要", help="另行记下的最新一条，用于发现末尾被截去")
        parser.add_argument("--file", type=Path, metavar="文件", help="核验导出的 .jsonl 文件，不查数据库")

    def handle(self, *, action: str, expect: str | None, file: Path | None, **_options: Any) -> None:
        """Verify and report."""
        if action == "head":
            seq, digest = head()
            self.stdout.write(f"{seq}:{digest}")
            return
        if file is not None:
            self._report(_in_file(file), f"核验通过：{file.name} 中的记录未被改动")
            return
        noted, logged = _anchors(expect), trail_heads()
        seq, digest = head()
        self._report(
            chain(verify(anchors=[*noted, *logged]), log_faults()),
            f"核验通过：共 {seq} 条，最新摘要 {digest}，已对照 {len(noted)} 个锚点、{len(logged)} 个存证",
        )

    def _report(self, found: Iterator[Fault], well: str) -> None:
        count = 0
        for fault in found:
            count += 1
            if count <= _SHOWN:
                where = f"第 {fault.seq} 条：" if fault.seq else ""
                self.stderr.write(f"{where}{fault.text}")
        if count:
            self.stderr.write(f"核验未通过：共 {count} 处问题")
            sys.exit(1)
        self.stdout.write(well)


def _in_file(path: Path) -> Iterator[Fault]:
    try:
        with path.open(encoding="utf-8") as lines:
            yield from export_faults(lines)
    except (OSError, UnicodeDecodeError, BadExport) as error:
        raise CommandError(f"无法核验 {path}：{error}") from error


def _anchors(expect: str | None) -> list[tuple[int, str]]:
    try:
        noted = anchors.read(settings.MIDUN_HOME)
    except anchors.BadAnchors as bad:
        raise CommandError(str(bad)) from bad
    if not expect:
        return noted
    seq, _, digest = expect.partition(":")
    if not seq.isdigit() or len(digest) != 64:  # noqa: PLR2004  # SHA-256 in hex
        raise CommandError("--expect 应形如 128:9f86d0…（midun trail head 的输出）")
    return [*noted, (int(seq), digest)]
