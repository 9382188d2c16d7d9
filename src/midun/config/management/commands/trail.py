"""`midun trail verify`: re-hash the whole trail."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from midun.kernel.trail.services import head, verify

_SHOWN = 50


class Command(BaseCommand):
    """Verifies the chain; exit code 1 when anything is wrong."""

    help = "核验留痕：逐条重算摘要，找出被改动、缺失或重排的记录"

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do and against which noted head."""
        parser.add_argument("action", choices=["verify", "head"], help="verify 核验；head 只显示最新一条的序号与摘要")
        parser.add_argument("--expect", metavar="序号:摘要", help="事先记下的最新一条，用于发现末尾被截断")

    def handle(self, *, action: str, expect: str | None, **_options: Any) -> None:
        """Verify and report."""
        seq, digest = head()
        if action == "head":
            self.stdout.write(f"{seq}:{digest}")
            return
        faults = 0
        for fault in verify(expected_head=_noted(expect)):
            faults += 1
            if faults <= _SHOWN:
                self.stderr.write(f"第 {fault.seq} 条：{fault.text}")
        if faults:
            self.stderr.write(f"核验未通过：共 {faults} 处问题")
            sys.exit(1)
        self.stdout.write(f"核验通过：共 {seq} 条，最新摘要 {digest}")


def _noted(expect: str | None) -> tuple[int, str] | None:
    if not expect:
        return None
    seq, _, digest = expect.partition(":")
    if not seq.isdigit() or len(digest) != 64:  # noqa: PLR2004  # SHA-256 in hex
        raise CommandError("--expect 应形如 128:9f86d0…（midun trail head 的输出）")
    return int(seq), digest
