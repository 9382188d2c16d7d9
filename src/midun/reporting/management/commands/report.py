"""`midun report form|summary`: what the pages give, from the command line."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from midun.campaigns.models import Campaign
from midun.kernel.documents.form import form_docx, form_pdf, form_xlsx
from midun.kernel.documents.report import report_docx
from midun.kernel.statistics.models import StatForm
from midun.reporting.papers import json_of, report_of, sheet_of
from midun.reporting.services import subject_of

_WRITERS = {"xlsx": form_xlsx, "docx": form_docx, "pdf": form_pdf}


class Command(BaseCommand):
    """Writes a statistics form or the summary report of a unit."""

    help = "输出统计表（form）或总结报告（summary）"

    def add_arguments(self, parser: CommandParser) -> None:
        """What, of whom, of which campaign, in which format, where to."""
        parser.add_argument("what", choices=["form", "summary"])
        parser.add_argument("--unit", required=True, help="单位编号、名称或简称")
        parser.add_argument("--campaign", required=True, help="服务月编号或名称")
        parser.add_argument("--own", action="store_true", help="本级（不含下级）")
        parser.add_argument("--format", choices=["xlsx", "docx", "pdf", "json"], default="xlsx")
        parser.add_argument("-o", "--output", help="文件（默认标准输出）")

    def handle(self, *, what: str, unit: str, campaign: str, own: bool, output: str | None, **options: Any) -> None:
        """Find the form and write it."""
        at = timezone.now()
        found = _campaign(campaign)
        form = _form(found, unit, own=own)
        if what == "summary":
            data, _ = report_docx(report_of(form, found, at=at), at=at)
        elif options["format"] == "json":
            data = json_of(form, at=at)
        else:
            data = _WRITERS[options["format"]](sheet_of(form, at=at), at=at)
        if output:
            Path(output).write_bytes(data)
            self.stderr.write(f"已写入 {output}")
        else:
            sys.stdout.buffer.write(data)


def _campaign(text: str) -> Campaign:
    known = Campaign.objects.unscoped("command line")
    matching = known.filter(Q(pk=int(text)) if text.isdigit() else Q(title__icontains=text))
    found: Campaign | None = matching.order_by("-pk").first()
    if found is None:
        raise CommandError(f"没有名为“{text}”的服务月")
    return found


def _form(campaign: Campaign, text: str, *, own: bool) -> StatForm:
    forms = StatForm.objects.unscoped("command line").filter(subject=subject_of(campaign), own_only=own)
    named = Q(unit_id=int(text)) if text.isdigit() else Q(unit__name=text) | Q(unit__short_name=text)
    found: StatForm | None = forms.filter(named).select_related("unit__jurisdiction", "superior").first()
    if found is None:
        units = "、".join(forms.values_list("unit__name", flat=True)[:30])
        raise CommandError(f"没有“{text}”的统计表。已开启的单位：{units or '（无，请先开启报送）'}")
    return found
