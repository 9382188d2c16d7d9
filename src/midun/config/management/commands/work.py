"""`midun work`: run background jobs."""

import signal
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.utils import timezone

from midun.kernel.jobs.services import work_once


class Command(BaseCommand):
    """Runs scheduled and queued jobs until it is told to stop (SIGTERM, Ctrl-C); the job in hand is finished first."""

    help = "运行后台任务（提醒、期限重算、留痕核验等）"

    def add_arguments(self, parser: CommandParser) -> None:
        """One pass or for ever."""
        parser.add_argument("--once", action="store_true", help="只运行一遍到期任务后退出")
        parser.add_argument("--pause", type=float, default=5.0, help="两遍之间的秒数（默认 5）")

    def handle(self, *, once: bool, pause: float, **_options: Any) -> None:
        """Loop."""
        stopping = False

        def stop(_signal: int, _frame: object) -> None:
            nonlocal stopping
            stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        while not stopping:
            close_old_connections()
            ran = work_once(at=timezone.now())
            if ran:
                self.stdout.write(f"{timezone.localtime():%F %T} 完成 {ran} 个任务")
            if once:
                return
            waited = 0.0
            while waited < pause and not stopping:
                time.sleep(0.2)
                waited += 0.2
