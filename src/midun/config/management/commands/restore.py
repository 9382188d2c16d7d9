"""`midun restore FILE`."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from midun.config.archive.read import BadArchive, checked
from midun.config.archive.restore import restore


class Command(BaseCommand):
    """Restores an archive into an empty installation and checks that the copy equals the original."""

    help = "把备份恢复到空的安装，并逐表核对与原数据一致"

    def add_arguments(self, parser: CommandParser) -> None:
        """Which archive, and whether only to check it."""
        parser.add_argument("file", help="备份文件")
        parser.add_argument("--check", action="store_true", help="只核对备份文件是否完好，不恢复")

    def handle(self, *, file: str, check: bool, **_options: Any) -> None:
        """Check, migrate, restore, compare."""
        source = Path(file)
        if not source.is_file():
            raise CommandError(f"找不到备份文件 {source}")
        try:
            manifest = checked(source)
            if not check:
                call_command("migrate", interactive=False, verbosity=0)
                restore(source)
        except BadArchive as bad:
            raise CommandError(str(bad)) from bad
        what = f"{len(manifest.tables)} 张表 {manifest.rows} 行记录、{len(manifest.files)} 个文件"
        if check:
            self.stdout.write(f"备份完好：{manifest.created_at} 由 {manifest.version} 版制作，{what}")
        else:
            self.stdout.write(f"恢复完成，逐表核对与备份一致：{what}，留痕链完整")
