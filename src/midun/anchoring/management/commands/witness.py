"""`midun witness …`: a small witness for partners; needs nothing of the platform but this program and a folder."""

import os
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from granian.constants import Interfaces
from granian.server import Server as Granian

from midun.anchoring.witness.application import VARIABLE, server
from midun.anchoring.witness.folder import WitnessFolder
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.sqlite_file import StateMissing


class Command(BaseCommand):
    """Exit code 0 done, 1 refused, 2 cannot be done."""

    help = "见证：init 建立，add 登记要见证的日志，serve 提供见证服务，sign 手工确认一个检查点，key 显示公钥"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """One parser per act; each names the witness's folder first."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="init|add|serve|sign|key")
        for act, text in (
            ("init", "建立见证方的密钥与记录，只做一次"),
            ("add", "登记要见证的日志"),
            ("serve", "提供见证服务（C2SP tlog-witness），前面应有提供 HTTPS 的网关"),
            ("sign", "手工确认一个检查点，输出签名行（交给平台用 midun anchors confirm 登记）"),
            ("key", "显示公钥"),
        ):
            made = acts.add_parser(act, help=text)
            made.add_argument("folder", type=Path, metavar="目录", help="见证方的目录")
            if act == "init":
                made.add_argument("name", metavar="名称", help="见证方的名称，形如 witness.example.cn/notary")
            elif act == "add":
                made.add_argument(
                    "policy", type=Path, metavar="策略文件", help="日志的 /log/policy，或每行一个公钥的文件"
                )
            elif act == "sign":
                made.add_argument("checkpoint", type=Path, metavar="检查点文件", help="日志的 /log/checkpoint")
            elif act == "serve":
                made.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1）")
                made.add_argument("--port", type=int, default=8090, help="端口（默认 8090）")

    def handle(self, *, act: str, folder: Path, **options: Any) -> None:
        """Do it."""
        try:
            getattr(self, f"_{act}")(WitnessFolder(folder), **options)
        except Refused as refused:
            raise CommandError(f"{refused.reason.sentence}（{refused.detail}）") from refused
        except FileExistsError as error:
            raise CommandError(f"已经有了，不覆盖：{error}", returncode=2) from error
        except (FileNotFoundError, StateMissing) as error:
            raise CommandError(f"找不到：{error}", returncode=2) from error

    def _init(self, folder: WitnessFolder, *, name: str, **_options: Any) -> None:
        WitnessFolder.create(folder.path, name)
        self.stdout.write(f"已建立。请备份 {folder.key_file}，并保证 {folder.memory} 不会丢失或被旧备份覆盖。公钥：")
        self._key(folder)

    def _key(self, folder: WitnessFolder, **_options: Any) -> None:
        for signer in folder.signers():
            self.stdout.write(signer.verifier.vkey)

    def _add(self, folder: WitnessFolder, *, policy: Path, **_options: Any) -> None:
        lines = [line.strip() for line in policy.read_text(encoding="utf-8").splitlines()]
        wanted = [line.removeprefix("log ") for line in lines if line.startswith("log ") or "+" in line.split(" ")[0]]
        keys = [Verifier.parse(line.split()[0]) for line in wanted]
        if not keys:
            raise CommandError(f"{policy} 中没有日志公钥", returncode=2)
        folder.add_log(keys)
        self.stdout.write(f"已登记 {keys[0].name}（{len(keys)} 个公钥）。请当面或以其他途径核对公钥后再开始见证。")

    def _sign(self, folder: WitnessFolder, *, checkpoint: Path, **_options: Any) -> None:
        for line in folder.sign(checkpoint.read_bytes(), int(time.time())):
            self.stdout.write(line)

    def _serve(self, folder: WitnessFolder, *, host: str, port: int, **_options: Any) -> None:
        server(folder)  # what is wrong shows now and not at the first request
        os.environ[VARIABLE] = str(folder.path.resolve())
        self.stdout.write(f"见证服务 http://{host}:{port}/，见证 {len(folder.logs())} 个日志")
        self.stdout.flush()
        Granian(
            "midun.anchoring.witness.application:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=2,
        ).serve()
