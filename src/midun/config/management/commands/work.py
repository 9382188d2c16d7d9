"""`midun work`: run background jobs."""

import logging
import os
import secrets
import signal
import socket
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from midun.kernel.jobs.services import leave, sign
from midun.kernel.jobs.work import work_once

_log = logging.getLogger(__name__)
_SIGNED_EVERY = 15.0
_STEP = 0.2


class Command(BaseCommand):
    """Runs scheduled and queued jobs until it is told to stop (SIGTERM, Ctrl-C); the job in hand is finished first."""

    help = "运行后台任务（提醒、期限重算、留痕核验等）"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = f"{socket.gethostname()[:80]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.signed = 0.0
        self.told_to_stop = False

    def add_arguments(self, parser: CommandParser) -> None:
        """One pass or for ever."""
        parser.add_argument("--once", action="store_true", help="只运行一遍到期任务后退出")
        parser.add_argument("--with-parent", type=int, default=-1, help="随启动它的进程结束（内部使用）")
        parser.add_argument("--pause", type=float, default=5.0, help="两遍之间的秒数（默认 5）")

    def handle(self, *, once: bool, pause: float, with_parent: int = -1, **_options: Any) -> None:
        """Loop; a database that is away for a while (restarted, say) is waited for."""
        if with_parent >= 0:
            threading.Thread(target=self._end_with, args=(with_parent,), daemon=True).start()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self.stdout.write("后台任务进程已启动")
        self.stdout.flush()
        while not self.told_to_stop:
            try:
                self._pass()
            except (DatabaseError, InterfaceError):
                if once:
                    raise
                _log.exception("the database does not answer; trying again in %s s", pause)
            if once:
                break
            self._wait(pause)
        leave(self.name)

    def _end_with(self, pipe: int) -> None:
        """The other end closes when the parent ends, however it ends."""
        os.read(pipe, 1)
        self.told_to_stop = True

    def _stop(self, _signal: int, _frame: object) -> None:
        self.told_to_stop = True

    def _pass(self) -> None:
        close_old_connections()
        if time.monotonic() - self.signed > _SIGNED_EVERY or not self.signed:
            sign(self.name, at=timezone.now())
            self.signed = time.monotonic()
        ran = work_once(clock=timezone.now, worker=self.name, stopping=lambda: self.told_to_stop)
        if ran:
            self.stdout.write(f"{timezone.localtime():%F %T} 执行 {ran} 个任务")
            self.stdout.flush()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self.told_to_stop:
            time.sleep(_STEP)
