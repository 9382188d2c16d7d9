"""`midun import annex FILE --campaign …`: the same preview and the same import as on the page."""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import CommandError, CommandParser
from django.db.models import Q

from midun.campaigns.annex import AnnexError
from midun.campaigns.models import Campaign
from midun.campaigns.services import imports
from midun.campaigns.services.preview import CREATE, SKIP, Preview, RowStatus, preview
from midun.campaigns.services.rights import NotNow
from midun.kernel.orgs.actor import Actor, system_actor
from midun.kernel.orgs.models import Membership
from midun.kernel.orgs.services import Refused
from midun.lib.sheets import SheetError

HELP = "导入活动安排（附件1）：.docx、.xlsx、.csv 或文本文件"
_WIDTHS = (6, 8, 24, 6, 44)
_HEADS = ("状态", "类别", "单位", "序号", "活动安排")


class Out(Protocol):
    """Where lines go: Django's OutputWrapper."""

    def write(self, text: str) -> Any:
        """Write one line."""


def add_arguments(parser: CommandParser) -> None:
    """The file, the campaign, who does it and what may happen."""
    parser.add_argument(
        "file", type=Path, metavar="文件", help=".docx、.xlsx、.csv（UTF-8 或 GB18030）或粘贴保存的文本"
    )
    parser.add_argument("--campaign", required=True, metavar="编号或名称", help="导入到哪个服务月")
    parser.add_argument("--as", dest="username", metavar="登录名", help="以组织单位的这位经办人的身份（默认：命令行）")
    parser.add_argument("--dry-run", action="store_true", help="只显示预览，不导入")
    parser.add_argument("--create-units", action="store_true", help="未识别的单位在组织单位之下新建")
    parser.add_argument("--skip-rejected", action="store_true", help="跳过被拒收的行，导入其余各行")
    parser.add_argument("--as-pending", action="store_true", help="作为待审核导入（默认：已审核）")


def run(options: Mapping[str, Any], out: Out, err: Out, at: datetime) -> int:
    """Show the preview; import unless `--dry-run`; 1 when rows are rejected and nobody said to skip them."""
    campaign = _campaign(options["campaign"])
    actor = _actor(options["username"], campaign)
    source = _source(options["file"])
    how = {"as_pending": options["as_pending"]}
    shown = preview(campaign=campaign, annex=source.annex, decisions={}, **how)
    decisions = {unknown.name: CREATE for unknown in shown.unknown} if options["create_units"] else {}
    shown = preview(campaign=campaign, annex=source.annex, decisions=decisions, **how)
    _show(shown, out)
    rejected = shown.counts[RowStatus.REJECTED]
    if options["dry_run"]:
        out.write("仅预览，未导入。")
        return 1 if rejected and not options["skip_rejected"] else 0
    if rejected and not options["skip_rejected"]:
        err.write(
            f"有 {rejected} 行被拒收，未导入任何内容。"
            "改正后重试，或加 --skip-rejected 跳过；未识别的单位可加 --create-units 新建。"
        )
        return 1
    for unknown in shown.unknown:
        decisions.setdefault(unknown.name, SKIP)
    try:
        outcome = imports.import_annex(
            campaign=campaign, source=source, decisions=decisions, skip_rejected=True, actor=actor, at=at, **how
        )
    except (NotNow, Refused, imports.NotDecided) as problem:
        raise CommandError(str(problem)) from problem
    created = f"；新建单位：{'、'.join(outcome.created)}" if outcome.created else ""
    out.write(f"已导入：{outcome}{created}")
    return 0


def _campaign(wanted: str) -> Campaign:
    found = Campaign.objects.unscoped("operator at the command line").select_related("organiser__jurisdiction")
    matches = list(found.filter(Q(pk=int(wanted)) if wanted.isdigit() else Q(title=wanted)))
    if not matches and not wanted.isdigit():
        matches = list(found.filter(title__contains=wanted))
    if len(matches) != 1:
        known = "\n".join(f"  {c.pk}  {c.year}  {c.organiser.label}  {c.title}" for c in found[:30])
        what = f"没有服务月“{wanted}”" if not matches else f"有 {len(matches)} 个服务月与“{wanted}”相符，请改用编号"
        raise CommandError(f"{what}。现有：\n{known or '  （无）'}")
    campaign: Campaign = matches[0]
    return campaign


def _actor(username: str | None, campaign: Campaign) -> Actor:
    if not username:
        return system_actor("命令行")
    held = Membership.objects.unscoped("operator at the command line").current()
    mine = held.filter(user__username=username, organisation=campaign.organiser)
    actors = [m.actor() for m in mine.select_related("user", "organisation__jurisdiction")]
    able: Actor | None = next((a for a in actors if a.may(imports.RIGHT)), None)
    if able is None:
        raise CommandError(f"“{username}”不是组织单位“{campaign.organiser}”的经办人")
    return able


def _source(path: Path) -> imports.Source:
    try:
        return imports.read_source(data=path.read_bytes(), name=path.name)
    except OSError as error:
        raise CommandError(f"无法读取文件 {path}：{error.strerror}") from error
    except (SheetError, AnnexError) as error:
        raise CommandError(f"{path.name}：{error}") from error


def _show(shown: Preview, out: Out) -> None:
    out.write(_line(_HEADS))
    for row in shown.rows:
        number = "" if row.number is None else str(row.number)
        out.write(_line((row.status.label, row.category, row.unit_name, number, row.content)))
        if row.note:
            where = f"表{row.table}第{row.row}行" if shown.several_tables else f"第{row.row}行"
            out.write(f"        └ {where}：{row.note}")
    for line, moved_to in shown.moved:
        out.write(f"现有的第 {line.number} 条（{line.unit.label}）不在附件中，序号改为 {moved_to}")
    for note in shown.notes:
        out.write(f"说明：{note}")
    counts = "，".join(f"{status.label} {shown.counts[status]}" for status in RowStatus)
    out.write(f"共 {len(shown.rows)} 行、{shown.units} 个单位：{counts}")


def _line(cells: tuple[str, ...]) -> str:
    return " ".join(_fit(cell, width) for cell, width in zip(cells, _WIDTHS, strict=True)).rstrip()


def _fit(text: str, width: int) -> str:
    """Cut or pad to `width` columns of a terminal, where a Chinese character takes two."""
    kept, used = "", 0
    for char in text:
        size = 2 if unicodedata.east_asian_width(char) in "WFA" else 1
        if used + size > width - 1:
            kept, used = f"{kept}…", used + 1
            break
        kept, used = kept + char, used + size
    return kept + " " * (width - used)
