"""`midun sequence`: the one process that appends to the log."""

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
import time
from typing import Any

import uvloop
from django.core.management.base import BaseCommand, CommandError, CommandParser

from midun.evidence.engine.keyring import KeyProblem
from midun.evidence.engine.place import Place
from midun.evidence.engine.runner import Pace, Runner, started
from midun.evidence.engine.supervisor import NOT_RECOVERABLE
from midun.evidence.services.logs import open_log
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.sequencer import NotRecoverable
from midun.lib.tlog.sqlite_file import StateMissing
from midun.lib.tlog.wal import WalLocked

_log = logging.getLogger(__name__)
_DEFAULT = Pace()
_COLLECT = 50_000


class Command(BaseCommand):
    """Appends until it is told to stop. Exit codes: 0 told to, 1 try again, 4 a person must look."""

    help = "运行存证日志的唯一写入进程（出错即退出，由 midun serve 或 systemd 重新启动）"

    def add_arguments(self, parser: CommandParser) -> None:
        """How often, how much."""
        parser.add_argument("--interval", type=float, default=_DEFAULT.interval, help="两批开始之间的秒数（默认 0.05）")
        parser.add_argument("--batch", type=int, default=_DEFAULT.batch, help="一批最多条数（默认 10000）")
        parser.add_argument(
            "--queue", type=int, default=_DEFAULT.queue, help="排队最多条数，超出即请对方稍后再来（默认 40000）"
        )
        parser.add_argument("--with-parent", type=int, default=-1, help="随启动它的进程结束（内部使用）")

    def handle(self, *, interval: float, batch: int, queue: int, with_parent: int, **_options: Any) -> None:
        """Start, recover, serve."""
        if with_parent >= 0:
            threading.Thread(target=_end_with, args=(with_parent,), daemon=True).start()
        log = open_log()
        if log is None:
            raise CommandError("存证日志尚未建立：请先运行 midun log init", returncode=NOT_RECOVERABLE)
        try:
            with started(log, int(time.time())) as sequencer:
                self.stdout.write(f"存证日志 {log.origin} 已就绪：{sequencer.size} 条")
                self.stdout.flush()
                runner = Runner(sequencer, log.number, Pace(interval, batch, queue))
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
                    loop.run(_serve(runner, Place.of(log.number)))
        except (NotRecoverable, Refused, StateMissing, KeyProblem) as problem:
            _log.critical("the log cannot be continued: %s", problem)
            raise CommandError(
                f"存证日志不能继续：{problem}。处理办法见 docs/operations.md“存证日志”", returncode=NOT_RECOVERABLE
            ) from problem
        except WalLocked as locked:
            raise CommandError("已有一个写入进程在运行", returncode=1) from locked


async def _serve(runner: Runner, place: Place) -> None:
    gc.freeze()  # what was loaded lives as long as the process
    gc.set_threshold(_COLLECT)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, runner.stop)
    await runner.serve(place.socket)


def _end_with(descriptor: int) -> None:
    """Wait for the end of the process that holds the other end of the pipe."""
    os.read(descriptor, 1)
    print("the parent is gone", file=sys.stderr)
    os._exit(1)
