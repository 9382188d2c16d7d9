"""`midun ingest`: the processes that take deposits from programs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from midun.ingest import workers as workers_


class Command(BaseCommand):
    """Serves `POST /api/v1/deposits` and `/api/v1/deposits:batch` beside the web process; the rest is not answered."""

    help = "单独运行存证接口的受理进程（大量调用时使用；少量调用由 midun serve 直接受理）"

    def add_arguments(self, parser: CommandParser) -> None:
        """Where and with how many processes."""
        parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1）")
        parser.add_argument("--port", type=int, default=8010, help="端口（默认 8010）")
        parser.add_argument("--workers", type=int, default=1, help="进程数（默认 1）")

    def handle(self, *, host: str, port: int, workers: int, **_options: Any) -> None:
        """Serve until told to stop."""
        try:
            listening = workers_.listen(host, port)
        except OSError as problem:
            raise CommandError(f"不能在 {host}:{port} 监听：{problem}") from problem
        workers_.run(listening, max(1, workers))
