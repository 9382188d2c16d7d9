"""The form as a document, and the summary report's text, from the same cells the page shows."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Count, QuerySet
from django.utils.timezone import localdate

from midun.activities.models import Activity
from midun.campaigns.models import Campaign, PlanLine, PlanState, Strand
from midun.kernel.documents import report as word
from midun.kernel.documents.form import FormLine, FormSheet
from midun.kernel.files import store
from midun.kernel.files.models import Attachment
from midun.kernel.statistics.cells import Cell, cells_of, explanations_of, latest_snapshot
from midun.kernel.statistics.models import FormState, StatForm
from midun.lib.wording import quoted
from midun.visits.models import Visit

_PHOTOS = 12


def sheet_of(form: StatForm, *, at: datetime) -> FormSheet:
    """The form as it prints. Everything but a settled form carries the draft mark."""
    cells = cells_of(form)
    snapshot = latest_snapshot(form) if form.is_settled else None
    lines = [FormLine(c.line.number, c.line.label, c.reported, c.line.unit, c.rows, c.line.part) for c in cells]
    notes = [
        f"{c.line.label}：统计数 {c.adjustment.computed}，调整为 {c.adjustment.value}。{c.adjustment.reason}"
        for c in cells
        if c.adjustment
    ]
    checks = {c.id: c.text for c in form.content.checks}
    notes += [f"{checks.get(key, key)}：{text}" for key, text in explanations_of(form).items()]
    stamped = form.frozen_at or form.submitted_at
    return FormSheet(
        title=[form.subject_title, "活动开展情况统计表"],
        unit_name=form.unit.name + ("（本级）" if form.own_only else ""),
        lines=lines,
        day=localdate(stamped) if stamped else None,
        draft=not form.is_settled,
        footnotes=notes,
        bottom=[f"{snapshot.get_stage_display()}快照 SHA-256：{snapshot.digest}"] if snapshot else [],
    )


def json_of(form: StatForm, *, at: datetime) -> bytes:
    """A settled form's snapshot byte for byte (its SHA-256 is the digest); otherwise the numbers as they are now."""
    snapshot = latest_snapshot(form) if form.is_settled else None
    if snapshot is not None:
        return str(snapshot.body).encode()
    cells = [
        {
            "figure": c.line.figure,
            "label": c.line.label,
            "unit": c.line.unit,
            "value": c.reported,
            "computed": c.computed,
        }
        for c in cells_of(form)
    ]
    body = {"draft": True, "unit": form.unit.name, "own_only": form.own_only, "cells": cells}
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def _said(cells: dict[str, Cell]) -> list[str]:
    """Sentences by heading of the form; a heading whose numbers are all 0 says so plainly."""
    v = {name: cell.reported for name, cell in cells.items()}
    return [
        f"开展线上线下专题宣传活动 {v['pub_events']} 场次，参与企业 {v['pub_enterprises']} 家、{v['pub_attendance']} 人次，"
        f"发放宣传材料 {v['pub_materials']} 份。",
        f"召开企业商业秘密保护座谈会、行政指导会 {v['meet_events']} 场次，参与企业 {v['meet_enterprises']} 家。",
        f"调研走访企业 {v['visits']} 家，发放调查问卷 {v['questionnaires']} 份，收集意见建议 {v['suggestions']} 条，"
        f"协调解决诉求和困难 {v['claims_resolved']} 个。",
        f"开展能力提升培训 {v['train_events']} 场次，参与企业 {v['train_enterprises']} 家、{v['train_attendance']} 人次。",
        f"公布典型案例 {v['cases_published']} 件，向党委、政府报送报告、信息 {v['gov_reports']} 篇，"
        f"编发宣传报道 {v['news_total']} 篇，其中中央媒体 {v['news_central']} 篇。",
    ]


def _records(form: StatForm) -> tuple[QuerySet[Activity], QuerySet[Visit]]:
    days = (form.start, form.end)
    events = Activity.objects.unscoped("the unit's own report").live().filter(form.scope.condition(), day__range=days)
    visits = Visit.objects.unscoped("the unit's own report").live().filter(form.scope.condition(), day__range=days)
    return events, visits


def _strand_block(strand: Strand, form: StatForm) -> word.Block:
    lines = PlanLine.objects.unscoped("the unit's own report").live()
    planned = lines.filter(form.scope.condition(), strand=strand, state=PlanState.APPROVED).select_related("unit")
    events, _ = _records(form)
    held = events.filter(plan_line__strand=strand).select_related("unit").order_by("day")
    parts: list[word.Part] = [
        word.Paragraph(
            f"围绕{quoted(strand.heading)}安排工作 {planned.count()} 项，已登记相关活动 {held.count()} 场次。"
        )
    ]
    if rows := [(str(a.day), a.unit.label, a.title) for a in held[:60]]:
        parts.append(word.Table([("日期", "单位", "活动"), *rows], widths=(28, 40, 84)))
    return word.Block(f"strand-{strand.key}", parts, f"{strand.heading}", level=2)


def _photos(form: StatForm) -> list[word.Part]:
    events, visits = _records(form)
    wanted = Attachment.objects.unscoped("chosen for the report").filter(in_report=True, removed_at__isnull=True)
    found: list[word.Part] = []
    for records in (events, visits):
        chosen = wanted.filter(owner_type=records.model._meta.label_lower, owner_id__in=records.order_by().values("pk"))
        for one in chosen.select_related("blob")[:_PHOTOS]:
            if one.is_image:
                found.append(word.Photo(store.get(one.blob_id), one.caption or one.name))
    return found[:_PHOTOS]


def _by_unit(events: QuerySet[Activity]) -> Sequence[tuple[str, int]]:
    rows = events.order_by().values_list("unit__short_name", "unit__name").annotate(n=Count("pk")).order_by("-n")
    return [(short or name, n) for short, name, n in rows[:30]]


def report_of(form: StatForm, campaign: Campaign, *, at: datetime) -> word.Report:
    """The summary report (总结报告) of the form's unit: numbers, strands, units, days, photos. No invented facts."""
    cells = {c.line.figure: c for c in cells_of(form)}
    events, _visits = _records(form)
    day_rows = dict(events.order_by().values_list("day").annotate(n=Count("pk")))
    days = [(f"{d.day}日", n) for d, n in sorted(day_rows.items())]
    figures = [
        ("序号", "内容", "数量"),
        *((c.line.number, c.line.label, f"{c.reported:,} {c.line.unit}") for c in cells.values()),
    ]
    theme = f"，以{quoted(campaign.theme)}为主题" if campaign.theme else ""
    opening = (
        f"根据统一部署{theme}，{form.unit.name}组织开展了{quoted(campaign.title)}。"
        f"活动期为{campaign.start:%Y年%m月%d日}至{campaign.end:%Y年%m月%d日}。"
    )
    strands = Strand.objects.unscoped("the unit's own report").filter(campaign=campaign).order_by("order")
    blocks = [
        word.Block("opening", [word.Paragraph(opening)], "一、总体情况"),
        word.Block(
            "numbers", [*map(word.Paragraph, _said(cells)), word.Table(figures, widths=(16, 100, 36))], "二、主要数据"
        ),
        word.Block("strands", [word.Paragraph("各板块工作开展情况如下。")], "三、工作开展情况"),
        *[_strand_block(strand, form) for strand in strands],
        word.Block("units", [word.Chart("各单位活动场次", "bars", _by_unit(events))], "四、各单位情况"),
        word.Block("days", [word.Chart("每日活动场次", "days", days)], "五、进度"),
        word.Block("problems", [word.Paragraph("（请填写工作中发现的问题和下一步打算。）")], "六、问题与建议"),
    ]
    if photos := _photos(form):
        blocks.append(word.Block("photos", photos, "七、活动图片"))
    state = "" if form.state in (FormState.ACCEPTED, FormState.FROZEN) else "（征求意见稿）"
    return word.Report(f"{campaign.title}工作总结{state}", form.unit.name, localdate(at), blocks)
