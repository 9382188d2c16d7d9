"""`midun recount`: prove that the kept counts are what the records give; with `--repair` put them right."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from midun.kernel.orgs.actor import system_actor
from midun.kernel.statistics import recount


class Command(BaseCommand):
    """Recounts; exit code 1 when anything differed and was not repaired."""

    help = "核对汇总计数：按记录重新统计，找出不一致；--repair 予以更正并留痕"

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to put right what is wrong."""
        parser.add_argument("--repair", action="store_true", help="按记录更正计数（更正期间其他办理会等待）")

    def handle(self, *, repair: bool, **_options: Any) -> None:
        """Recount node by node and report."""
        nodes = recount.kept_nodes()
        if repair:
            wrong = recount.repair(actor=system_actor("命令行核数"), at=timezone.now())
        else:
            wrong = [difference for node in nodes for difference in recount.differences(node)]
        for difference in wrong:
            self.stderr.write(str(difference))
        if not wrong:
            self.stdout.write(f"计数与记录一致：已核对 {len(nodes)} 个辖区")
        elif repair:
            self.stdout.write("已按记录更正，详见留痕")
        else:
            self.stderr.write("计数与记录不符。可运行 midun recount --repair 更正")
            sys.exit(1)
