"""`midun log …`: set a log up, ask how it is, check its files, and decide after a restore."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.utils import timezone
from django.utils.timezone import localdate

from midun.evidence.engine.keyring import KeyProblem
from midun.evidence.engine.place import Place
from midun.evidence.models import Log
from midun.evidence.monitor import health, policy_text
from midun.evidence.services import recovery
from midun.evidence.services.logs import begin_log, open_log
from midun.evidence.services.quotas import PER_DAY, PER_MINUTE, metered, set_quota
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import NotPossible
from midun.lib.tlog.errors import Refused
from midun.lib.tlog.findings import Report
from midun.lib.tlog.fsck_private import check_directory
from midun.lib.tlog.keys import Verifier
from midun.lib.tlog.state import Head

_SHOWN = 200


class Command(BaseCommand):
    """Exit code 0 well, 1 not well (damage, refused act), 2 cannot be done or checked."""

    help = "存证日志：init 建立，status 状态，policy 核验策略，fsck 核查，resume 恢复备份后继续，renew 换新，quota 额度"

    def add_arguments(self, parser: CommandParser) -> None:
        """One parser per act."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="init|status|policy|fsck|resume|renew|quota")
        init = acts.add_parser("init", help="建立日志：生成密钥（Ed25519、SM2）、目录与状态行，只做一次")
        init.add_argument("--post-quantum", action="store_true", help="另加抗量子签名 ML-DSA-44")
        acts.add_parser("status", help="条数、是否在写入、检查点的时间")
        acts.add_parser("policy", help="输出核验策略（日志公钥），供离线核验使用")
        fsck = acts.add_parser("fsck", help="重新计算全部哈希，指出损坏、缺失、多余、被截短的文件")
        fsck.add_argument("directory", type=Path, metavar="目录", help="日志目录，或其公开文件的副本")
        fsck.add_argument(
            "--key",
            action="append",
            default=[],
            metavar="公钥",
            help="日志公钥（名称+编号+Base64），可写多个；不写则不验签名",
        )
        resume = acts.add_parser("resume", help="恢复备份后，凭最新公布的检查点确认可以继续")
        resume.add_argument("checkpoint", type=Path, metavar="检查点文件", help="取自门户公布、见证方或任何一方的留存")
        renew = acts.add_parser("renew", help="停用当前日志（仍可读、可核验），以新名称建立后继日志")
        renew.add_argument("--reason", required=True, metavar="理由", help="写入留痕并公开显示")
        quota = acts.add_parser("quota", help="查看或设置一个企业的存证额度；不写上限则只查看")
        quota.add_argument("enterprise", metavar="统一社会信用代码")
        quota.add_argument("--per-day", type=int, metavar="条数", help=f"每日上限（默认 {PER_DAY:,}）")
        quota.add_argument("--per-minute", type=int, metavar="条数", help=f"每分钟上限（默认 {PER_MINUTE:,}）")

    def handle(self, *, act: str, **options: Any) -> None:
        """Do it."""
        try:
            getattr(self, f"_{act}")(**options)
        except (NotPossible, KeyProblem) as problem:
            raise CommandError(str(problem)) from problem

    def _init(self, *, post_quantum: bool, **_options: Any) -> None:
        actor = system_actor("midun log init")
        log = begin_log(origin=settings.MIDUN_LOG_ORIGIN, actor=actor, at=timezone.now(), post_quantum=post_quantum)
        self.stdout.write(f"已建立存证日志 {log.origin}。公钥（请公布，并另行备份 MIDUN_HOME/keys）：\n{log.keys}")

    def _open(self) -> Log:
        log = open_log()
        if log is None:
            raise CommandError("存证日志尚未建立：请先运行 midun log init", returncode=2)
        return log

    def _status(self, **_options: Any) -> None:
        log, now = self._open(), health()
        state = "正在写入" if now.running else "没有写入进程（midun serve 或 midun sequence 未运行）"
        age = "尚无检查点" if now.age is None else f"检查点 {now.age} 秒前更新"
        self.stdout.write(f"{log.origin}：{now.size:,} 条，{state}，排队 {now.queue} 条，{age}。")
        if now.clock_back:
            self.stdout.write(f"本机时钟比日志慢 {now.clock_back} 秒，请校时。")
        if Place.of(log.number).restored.exists():
            self.stdout.write("该日志由备份恢复，尚未确认，不接受存证：见 midun log resume。")
        if not now.well:
            sys.exit(1)

    def _policy(self, **_options: Any) -> None:
        self.stdout.write(policy_text(self._open()), ending="")

    def _resume(self, *, checkpoint: Path, **_options: Any) -> None:
        try:
            newest = checkpoint.read_bytes()
        except OSError as error:
            raise CommandError(f"无法读取 {checkpoint}（{error.strerror}）", returncode=2) from error
        with transaction.atomic():
            recovery.resume(self._open(), newest, actor=system_actor("midun log resume"), at=timezone.now())
        self.stdout.write("已确认：恢复的日志就是最新公布的状态，可以继续写入。")

    def _renew(self, *, reason: str, **_options: Any) -> None:
        made = recovery.renew(self._open(), reason=reason, actor=system_actor("midun log renew"), at=timezone.now())
        self.stdout.write(f"已换新：{made.origin}。请重新启动服务，并公布新的公钥：\n{made.keys}")

    def _quota(self, *, enterprise: str, per_day: int | None, per_minute: int | None, **_options: Any) -> None:
        actor, now = system_actor("midun log quota"), timezone.now()
        enterprises = Organisation.objects.unscoped("the operator names one").enterprises()
        found = metered(enterprises.filter(credit_code=enterprise.upper()), localdate(now), actor).first()
        if found is None:
            raise CommandError(f"没有统一社会信用代码为 {enterprise} 的企业", returncode=2)
        day = found.per_day if per_day is None else per_day
        minute = found.per_minute if per_minute is None else per_minute
        if per_day is not None or per_minute is not None:
            set_quota(enterprise=found, per_day=day, per_minute=minute, actor=actor, at=now)
        self.stdout.write(f"{found.name}：今日已用 {found.used:,} 条，每日上限 {day:,} 条，每分钟上限 {minute:,} 条。")

    def _fsck(self, *, directory: Path, key: list[str], **_options: Any) -> None:
        try:
            keys = [Verifier.parse(text) for text in key]
        except Refused as refused:
            raise CommandError(f"--key：{refused.reason.sentence}", returncode=2) from refused
        try:
            report = check_directory(directory, keys, _row_of(directory))
        except NotADirectoryError as error:
            raise CommandError(f"没有这个目录：{directory}", returncode=2) from error
        self._show(report)
        if report.damaged:
            sys.exit(1)

    def _show(self, report: Report) -> None:
        for finding in report.findings[:_SHOWN]:
            mark = "提示" if finding.notice else "损坏"
            self.stderr.write(f"{mark} {finding.kind.value} {finding.path}：{finding.detail}")
        if len(report.findings) > _SHOWN:
            self.stderr.write(f"……另有 {len(report.findings) - _SHOWN} 处")
        damage = sum(not finding.notice for finding in report.findings)
        size = report.head.size if report.head else 0
        signed = "签名已核验" if report.signature_checked else "未给出公钥，签名未核验"
        verdict = f"发现 {damage} 处损坏" if damage else "未发现损坏"
        self.stdout.write(f"共 {size:,} 条记录、{report.files:,} 个文件；{signed}；{verdict}。")


def _row_of(directory: Path) -> Callable[[], Head] | None:
    """How to read the deciding row of one of this installation's own logs, where PostgreSQL holds it."""
    if connection.vendor != "postgresql":
        return None
    for log in Log.objects.unscoped("which log lies there"):
        if Place.of(log.number).root.resolve() == directory.resolve():
            return partial(_read_row, log)
    return None


def _read_row(log: Log) -> Head:
    with Place.of(log.number).opened_state() as state:
        return state.load(log.origin)
