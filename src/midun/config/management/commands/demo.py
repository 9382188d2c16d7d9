"""`midun demo`: prepare the demonstration once, print its address and logins, and serve it with `--serve`."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from midun.anchoring.configuration import FILE
from midun.anchoring.local import write_development
from midun.config.demo import PASSWORD, SHOWN, build, evidence
from midun.evidence.services.logs import begin_log, open_log
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Membership, User


@contextmanager
def background_work() -> Iterator[None]:
    """`midun work` as a child while the body runs: deposits become final, reminders are sent. It ends with us."""
    read, write = os.pipe()
    command = [sys.executable, "-m", "midun.config.cli", "work", "--pause", "2", "--with-parent", str(read)]
    child = subprocess.Popen(command, pass_fds=(read,), stdout=subprocess.DEVNULL)  # noqa: S603  # our own command
    os.close(read)
    try:
        yield
    finally:
        os.close(write)
        child.wait(timeout=30)


@dataclass(frozen=True)
class Login:
    """One login of the demonstration."""

    role: str
    username: str
    unit: str


class Command(BaseCommand):
    """Builds the demonstration when the database is empty; keeps what is there otherwise."""

    help = "准备演示环境（已有数据则保留），打印地址与登录账号"

    def add_arguments(self, parser: CommandParser) -> None:
        """For scripts, and to serve."""
        parser.add_argument("--json", action="store_true", help="以 JSON 打印地址与账号")
        parser.add_argument("--serve", action="store_true", help="随后启动网站服务")

    def handle(self, *, serve: bool, **options: Any) -> None:
        """Migrate, build once, print, serve."""
        call_command("migrate", interactive=False, verbosity=0)
        if not User.objects.exists():
            self.stderr.write("正在准备演示数据，约需半分钟……")
            build(timezone.now())
        if open_log() is None:
            begin_log(origin=settings.MIDUN_LOG_ORIGIN, actor=system_actor("midun demo"), at=timezone.now())
            evidence.build(timezone.now())
        write_development(Path(settings.MIDUN_HOME) / FILE)
        port = int(os.environ.get("PORT", "8000"))
        address = f"http://127.0.0.1:{port}"
        logins = _logins()
        if options["json"]:
            shown = [{"role": x.role, "username": x.username, "password": PASSWORD, "unit": x.unit} for x in logins]
            self.stdout.write(json.dumps({"address": address, "logins": shown}, ensure_ascii=False, indent=1))
        else:
            self._print(address, logins)
        self.stdout.flush()
        if serve:
            with background_work():
                call_command("serve", port=port)

    def _print(self, address: str, logins: list[Login]) -> None:
        self.stdout.write(f"\n秘盾演示环境：{address}\n\n各角色登录（口令均为 {PASSWORD}）：")
        for login in logins:
            self.stdout.write(f"  {login.username:<12}{login.role}　{login.unit}")
        self.stdout.write("\n三名管理员首次登录须按页面提示启用二次验证。访客直接打开首页即可。\n")


def _logins() -> list[Login]:
    held = Membership.objects.unscoped("print the demonstration's logins").current().filter(user__username__in=SHOWN)
    first: dict[str, Login] = {}
    for m in held.select_related("user", "organisation").order_by("pk"):
        first.setdefault(m.user.username, Login(Role(m.role).label, m.user.username, m.organisation.name))
    return [first[name] for name in SHOWN if name in first]
