"""`midun anchors …`: look at witnesses and time-stamp authorities, ask them now, record a notary's confirmation."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from midun.anchoring.configuration import FILE, AnchorsProblem, anchors
from midun.anchoring.coverage import confirm
from midun.anchoring.models import AnchorState
from midun.anchoring.running import anchor_open_log, condition
from midun.evidence.models import CheckpointRecord
from midun.evidence.services.logs import open_log
from midun.kernel.orgs.actor import system_actor
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.lib.tlog.errors import Refused


class Command(BaseCommand):
    """Exit code 0 well, 1 not well or refused, 2 cannot be done."""

    help = "见证与时间戳：check 检查配置，status 状态，now 立即请求，confirm 登记公证确认"

    def add_arguments(self, parser: CommandParser) -> None:
        """One parser per act."""
        acts = parser.add_subparsers(dest="act", required=True, metavar="check|status|now|confirm")
        acts.add_parser("check", help=f"检查 {FILE} 是否写对，不联系任何一方")
        acts.add_parser("status", help="每个见证方和时间戳机构最近是否应答；有问题时退出码为 1")
        acts.add_parser("now", help="立即为最新检查点请求见证和时间戳")
        confirmed = acts.add_parser("confirm", help="登记公证机构用 midun witness sign 对检查点所作的签名")
        confirmed.add_argument("size", type=int, metavar="条数", help="所确认的检查点的条数（第二行）")
        confirmed.add_argument("lines", type=Path, metavar="签名文件", help="每行一个签名，以“— ”开头")

    def handle(self, *, act: str, **options: Any) -> None:
        """Do it."""
        try:
            getattr(self, f"_{act}")(**options)
        except AnchorsProblem as problem:
            raise CommandError(str(problem), returncode=2) from problem
        except Refused as refused:
            raise CommandError(f"{refused.reason.sentence}（{refused.detail}）") from refused

    def _check(self, **_options: Any) -> None:
        found = anchors()
        self.stdout.write(f"见证方 {len(found.witnesses)} 个，须有 {found.quorum} 个签名")
        for witness in found.witnesses:
            self.stdout.write(f"  {witness.title}（{witness.role_title}）{witness.url or '手工确认'}")
        self.stdout.write(f"时间戳机构 {len(found.authorities)} 个，须有 {found.stamps} 个时间戳")
        for authority in found.authorities:
            self.stdout.write(f"  {authority.title} {authority.url}，间隔 {authority.every} 秒")
        if found.development:
            self.stdout.write("注意：含本机的见证或时间戳，只供开发和演示，不具独立性，时间不是法定时间。")

    def _status(self, **_options: Any) -> None:
        found = condition(timezone.now())
        for state in AnchorState.objects.unscoped("operator's look"):
            last = f"{timezone.localtime(state.succeeded_at):%F %T}" if state.succeeded_at else "从未"
            trouble = f"；失败 {state.failures} 次：{state.problem}" if state.failures else ""
            self.stdout.write(f"{state}：最近成功 {last}{trouble}")
        self.stdout.write(f"已完成至 {found.final_size} 条")
        if not found.well:
            raise CommandError(found.problem or "有见证方或时间戳机构没有应答，或存证等待过久")

    def _now(self, **_options: Any) -> None:
        done = anchor_open_log(at=timezone.now(), hurry=True)
        if done is None:
            raise CommandError(f"没有可以请求的：日志为空，或 {FILE} 未配置", returncode=2)
        self.stdout.write(
            f"检查点 {done.size} 条：{'已完成' if done.final_at else '尚未齐备，见 midun anchors status'}"
        )

    def _confirm(self, *, size: int, lines: Path, **_options: Any) -> None:
        rows = CheckpointRecord.objects.unscoped("the checkpoint that was confirmed").filter(log=open_log(), size=size)
        found = rows.first()
        if found is None:
            raise CommandError(f"没有留存条数为 {size} 的检查点", returncode=2)
        given = [line for line in lines.read_text(encoding="utf-8").splitlines() if line]
        with transaction.atomic():
            accepted = confirm(found, given, at=timezone.now())
            record(
                actor=system_actor("midun anchors"),
                verb=Verb.CHECKPOINT_CONFIRMED,
                target=found,
                at=timezone.now(),
                after={"size": size, "by": [one.key.name for one in accepted]},
                label=f"检查点 {size}",
            )
        for one in accepted:
            when = f"{timezone.localtime(one.at):%F %T}"
            self.stdout.write(f"已登记 {one.witness.title}（{one.witness.role_title}）的确认，{when}")
