"""`midun init`: the first hour of an installation."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from midun.accounts.services.founding import ADMINISTRATORS, found
from midun.evidence.services.logs import begin_log, open_log
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.services import NotPossible


class Command(BaseCommand):
    """Creates the tables, loads what the program brings, founds the tree and invites the three administrators."""

    help = "初始化：建库，装入行政区划与工作日历，建立辖区树，打印三名管理员的邀请链接"

    def add_arguments(self, parser: CommandParser) -> None:
        """Where, and who the administrators are."""
        parser.add_argument(
            "--province", default="", metavar="代码", help="省级行政区划代码，如 310000；不填则只建国家一级"
        )
        for role in ADMINISTRATORS:
            option = f"--{role.value.replace('_', '-')}"
            parser.add_argument(option, default=role.label, metavar="姓名", help=f"{role.label}的姓名")

    def handle(self, *, province: str, **options: Any) -> None:
        """Migrate, found, print."""
        call_command("migrate", interactive=False, verbosity=0)
        names = {role: str(options[role.value]) for role in ADMINISTRATORS}
        try:
            founded = found(province=province, names=names, at=timezone.now())
        except NotPossible as problem:
            raise CommandError(str(problem)) from problem
        if open_log() is None:
            begin_log(origin=settings.MIDUN_LOG_ORIGIN, actor=system_actor("midun init"), at=timezone.now())
            self.stdout.write(f"已建立存证日志 {settings.MIDUN_LOG_ORIGIN}。")
        self.stdout.write(f"已建立 {founded.nodes} 个辖区，管理员属于“{founded.seat}”。")
        self.stdout.write("请把以下链接分别交给三个人（7 天内有效，只能使用一次），由本人设置登录名和密码：\n")
        for role, link in founded.links.items():
            self.stdout.write(f"  {role.label}　{names[role]}\n    {link}\n")
