"""`midun admin reset_access NAME`: help an administrator back in, at the server's command line."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from midun.accounts.services.credentials import issue_reset_link, remove_second_factor
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.models import User
from midun.kernel.orgs.services import NotPossible


class Command(BaseCommand):
    """Prints a one-time link to set a password; with `--second-factor` takes a lost second factor off as well."""

    help = "为一个账号签发一次性重置密码链接（管理员的账号只能这样重置）"

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, why."""
        parser.add_argument("username", metavar="登录名")
        parser.add_argument("--reason", required=True, metavar="理由", help="例如核实身份的方式，记入留痕")
        parser.add_argument("--second-factor", action="store_true", help="同时解除二次验证（手机丢失）")

    def handle(self, *, username: str, reason: str, second_factor: bool, **_options: Any) -> None:
        """Reset and print."""
        user = User.objects.filter(username__iexact=username).first()
        if user is None:
            raise CommandError(f"没有登录名“{username}”")
        how: dict[str, Any] = {"user": user, "reason": reason, "actor": system_actor("命令行"), "at": timezone.now()}
        try:
            if second_factor:
                remove_second_factor(**how)
            link = issue_reset_link(**how)
        except NotPossible as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"请交给{user}本人（24 小时内有效，只能使用一次）：\n  {link}")
