"""`midun report form|summary`: what the pages give, byte for byte; `verify`: whether the snapshots are unchanged."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils.timezone import localdate

from midun.campaigns.models import Campaign
from midun.kernel.documents.report import BadPrevious
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.verify import faults
from midun.reporting.papers import MIME, paper
from midun.reporting.services import subject_of
from midun.reporting.summary import summary_docx


class Command(BaseCommand):
    """Writes a statistics form or the summary report of a unit, or verifies the snapshots of all forms."""

    help = "输出统计表（form）或总结报告（summary），核验统计表快照（verify）"

    def add_arguments(self, parser: CommandParser) -> None:
        """What, of whom, of which campaign, in which format, where to."""
        what = "form 统计表，summary 总结报告（Word），verify 核验所有统计表的快照"
        parser.add_argument("what", choices=["form", "summary", "verify"], help=what)
        parser.add_argument("--unit", help="单位编号、名称或简称")
        parser.add_argument("--campaign", help="服务月编号或名称")
        parser.add_argument("--own", action="store_true", help="本级（不含下级）")
        parser.add_argument("--format", choices=list(MIME), default="xlsx", help="统计表的格式，默认 xlsx")
        parser.add_argument("--previous", help="修改过的总结报告（.docx）：保留其中改动的内容")
        parser.add_argument("-o", "--output", help="写入的文件，默认写到标准输出")

    def handle(
        self, *, what: str, unit: str | None, campaign: str | None, own: bool, output: str | None, **options: Any
    ) -> None:
        """Find the form and write it."""
        if what == "verify":
            self._verify()
            return
        if not unit or not campaign:
            raise CommandError("请用 --unit 和 --campaign 指定单位和服务月")
        found = _campaign(campaign)
        form = _form(found, unit, own=own)
        today = localdate()
        data = (
            self._summary(form, found, today, options["previous"])
            if what == "summary"
            else paper(form, options["format"], today=today)
        )
        if output:
            Path(output).write_bytes(data)
            self.stderr.write(f"已写入 {output}")
        else:
            sys.stdout.buffer.write(data)

    def _verify(self) -> None:
        found = list(faults())
        for fault in found:
            self.stderr.write(fault)
        if found:
            raise CommandError(f"统计表快照核验未通过：{len(found)} 处")
        self.stdout.write("统计表快照全部与摘要和留痕相符")

    def _summary(self, form: StatForm, campaign: Campaign, today: date, previous: str | None) -> bytes:
        try:
            edited = Path(previous).read_bytes() if previous else None
            data, kept = summary_docx(form, campaign, today=today, previous=edited)
        except OSError as error:
            raise CommandError(f"无法读取 {previous}：{error.strerror}") from error
        except BadPrevious as error:
            raise CommandError(str(error)) from error
        for one in kept:
            self.stderr.write(f"“{one.heading or '标题'}”{one.why}")
        return data


def _campaign(text: str) -> Campaign:
    known = Campaign.objects.unscoped("command line")
    matching = known.filter(Q(pk=int(text)) if text.isdigit() else Q(title__icontains=text))
    found: list[Campaign] = list(matching.select_related("organiser").order_by("-pk")[:6])
    exact = [c for c in found if c.title == text] or found
    if not found:
        raise CommandError(f"没有名为“{text}”的服务月")
    if len(exact) > 1:
        names = "；".join(f"{c.pk} {c.title}" for c in exact)
        raise CommandError(f"“{text}”对应多个服务月，请用编号指定：{names}")
    return exact[0]


def _form(campaign: Campaign, text: str, *, own: bool) -> StatForm:
    subject = subject_of(campaign)
    forms = StatForm.objects.unscoped("command line").filter(
        Q(subject=subject) | Q(above__subject=subject, above__own_only=False), own_only=own
    )
    named = Q(unit_id=int(text)) if text.isdigit() else Q(unit__name=text) | Q(unit__short_name=text)
    found: StatForm | None = forms.filter(named).select_related("unit__jurisdiction", "above__unit").first()
    if found is None:
        units = "、".join(forms.values_list("unit__name", flat=True)[:30])
        raise CommandError(f"没有“{text}”的统计表。已开启的单位：{units or '（无，请先开启报送）'}")
    return found
