"""`midun backup FILE`."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from midun.config.archive.write import Damaged, Exists, backup


class Command(BaseCommand):
    """Writes one archive with every row, file and key, while the service keeps running."""

    help = "备份数据库、附件与密钥到一个文件（运行中即可，内容一致）"

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to."""
        parser.add_argument("file", nargs="?", help="备份文件（默认 MIDUN_HOME/backups/日期.tar）")

    def handle(self, *, file: str | None, **_options: Any) -> None:
        """Back up and say what is inside."""
        now: datetime = timezone.localtime()
        target = Path(file) if file else Path(settings.MIDUN_HOME) / "backups" / f"midun-{now:%Y%m%d-%H%M%S}.tar"
        try:
            manifest = backup(target)
        except (Exists, Damaged) as problem:
            raise CommandError(f"没有备份：{problem}") from problem
        except OSError as error:
            raise CommandError(f"没有备份：无法写入 {target}（{error.strerror}）") from error
        rows = sum(t["rows"] for t in manifest["tables"].values())
        seq, digest = manifest["trail_head"]
        self.stdout.write(f"已备份到 {target}：{rows} 行记录、{len(manifest['files'])} 个文件")
        self.stdout.write(f"留痕最新一条（请另行记下）：{seq}:{digest}")
        self.stdout.write("备份含个人信息与签名密钥，请加密存放并限制访问。")
