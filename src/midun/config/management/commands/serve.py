"""`midun serve`: the web server."""

import errno
import hashlib
import os
import socket
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from granian import Granian
from granian.constants import Interfaces

from midun.evidence.engine.supervisor import Supervisor
from midun.evidence.services.logs import open_log

_PATIENCE, _STEP = 5.0, 0.1
_LAST_ANSWERS = 15
"""Seconds workers have to finish their answers when the server is told to stop."""


class Command(BaseCommand):
    """Serves the application with Granian (WSGI); static files come from the same process, compressed."""

    help = "启动网站服务"

    def add_arguments(self, parser: CommandParser) -> None:
        """Where and with how many processes."""
        parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1）")
        parser.add_argument(
            "--port", type=int, default=int(os.environ.get("PORT", "8000")), help="端口（默认 $PORT 或 8000）"
        )
        parser.add_argument("--workers", type=int, default=2, help="进程数（默认 2）")
        parser.add_argument(
            "--without-log", action="store_true", help="不附带存证日志的写入进程（已单独运行 midun sequence 时使用）"
        )
        parser.add_argument("--threads", type=int, default=4, help="每个进程的线程数（默认 4）")

    def handle(self, *, host: str, port: int, workers: int, threads: int, without_log: bool, **_options: Any) -> None:
        """Check the database, gather static files when they changed, serve, with the log's process as a child."""
        if waiting := unapplied():
            raise CommandError(f"数据库需要升级（{waiting} 项）：请先备份，再运行 midun admin migrate")
        gather_static()
        append = not without_log and open_log() is not None
        connection.close()
        wait_for_port(host, port)
        with Supervisor() if append else nullcontext():
            self._serve(host, port, workers, threads)

    def _serve(self, host: str, port: int, workers: int, threads: int) -> None:
        Granian(
            "midun.config.serving:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=workers,
            blocking_threads=threads,
            backlog=1024,
            respawn_failed_workers=True,
            workers_kill_timeout=_LAST_ANSWERS,  # a worker told to end while it starts may not notice
            websockets=False,
        ).serve()


def wait_for_port(host: str, port: int) -> None:
    """Wait until the port is free: the server shares its port among its workers, so it would share it with a stranger.

    Workers of a server that was just killed need a moment to notice. Raises `CommandError`.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    deadline = time.monotonic() + _PATIENCE
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise CommandError(f"无法监听 {host}:{port}（{error.strerror}）") from error
            else:
                return
        if time.monotonic() > deadline:
            raise CommandError(f"端口 {port} 已被占用：请先停止占用它的程序，或用 --port 指定其他端口")
        time.sleep(_STEP)


def unapplied() -> int:
    """How many migrations the database still lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def gather_static() -> None:
    """Run collectstatic when any static file changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    seen = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = Path(storage.path(path)).stat()
            seen.update(f"{path}:{stat.st_size}:{stat.st_mtime_ns}\n".encode())
    if stamp.exists() and stamp.read_text() == seen.hexdigest():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(seen.hexdigest())
