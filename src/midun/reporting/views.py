"""Pages of statistics reporting."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate, localtime

from midun.campaigns.models import Campaign, CampaignState
from midun.kernel.documents.form import form_docx, form_pdf, form_xlsx
from midun.kernel.documents.report import BadPrevious, report_docx
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Refused
from midun.kernel.statistics import cells, figures, services
from midun.kernel.statistics.figures import Part
from midun.kernel.statistics.models import FormSnapshot, StatForm
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.listing import XLSX, download
from midun.kernel.web.page import PageRequest, page
from midun.kernel.workflow.services import ReasonMissing, WrongState
from midun.lib.sheets import Column as SheetColumn
from midun.lib.sheets import Sheet, write_xlsx
from midun.reporting.papers import json_of, report_of, sheet_of
from midun.reporting.services import forms_of, open_forms

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_TOLD = (
    WrongState,
    ReasonMissing,
    Refused,
    services.NotReady,
    services.NotEditable,
    services.ChildrenMissing,
)
_PER_PAGE, _EXPORT = 50, 200_000


def _campaigns(actor: Actor) -> Any:
    return Campaign.objects.visible_to(actor).exclude(state=CampaignState.DRAFT).select_related("organiser")


def _form(request: PageRequest, number: int) -> StatForm:
    known = StatForm.objects.visible_to(request.actor).select_related("unit__jurisdiction", "superior")
    found: StatForm = get_object_or_404(known, pk=number)
    return found


def _campaign_of(form: StatForm, actor: Actor) -> Campaign:
    kind, _, number = form.subject.partition(":")
    if kind != "campaigns.campaign":
        raise Http404
    found: Campaign = get_object_or_404(_campaigns(actor), pk=number)
    return found


@page(Permission.READ_WORK)
def boards(request: PageRequest) -> HttpResponse:
    """The campaigns one reports to or gathers; a single one opens at once."""
    found = list(_campaigns(request.actor).order_by("-year", "-pk"))
    if len(found) == 1:
        return redirect("reporting:board", found[0].pk)
    return render(request, "reporting/boards.html", {"campaigns": found})


@page(Permission.READ_WORK, writes=True)
def board(request: PageRequest, number: int) -> HttpResponse:
    """Who has submitted, is late, was returned; POST opens the forms (organiser) or reminds the late ones."""
    campaign = get_object_or_404(_campaigns(request.actor), pk=number)
    organises = campaign.organiser_id == request.actor.organisation_id and request.actor.may(Permission.REVIEW_FORM)
    if request.method == "POST":
        if not organises:
            raise Http404
        _board_act(request, campaign)
        return redirect("reporting:board", campaign.pk)
    forms = forms_of(campaign, request.actor)
    today = localdate(request.at)
    rows = [(f, max(0, (today - f.due_on).days) if f.is_editable else 0) for f in forms]
    counts: dict[str, int] = {}
    for form in forms:
        counts[form.get_state_display()] = counts.get(form.get_state_display(), 0) + 1
    context = {
        "campaign": campaign,
        "rows": rows,
        "organises": organises,
        "counts": counts,
        "late": sum(1 for f, days in rows if days),
        "may_open": organises and not forms,
    }
    return render(request, "reporting/board.html", context)


def _board_act(request: PageRequest, campaign: Campaign) -> None:
    if "open" in request.POST:
        opened = open_forms(campaign, actor=request.actor, at=request.at)
        messages.success(request, f"已开启 {opened} 张统计表" if opened else "统计表都已开启")
        return
    reminded = 0
    for form in forms_of(campaign, request.actor):
        if form.is_editable and form.superior_id == request.actor.organisation_id:
            services.remind(form, actor=request.actor, at=request.at)
            reminded += 1
    messages.success(request, f"已催报 {reminded} 个单位")


@page(Permission.READ_WORK)
def form(request: PageRequest, number: int) -> HttpResponse:
    """The form: as it prints, with what stands behind each number and what is to do."""
    found = _form(request, number)
    counted = cells.cells_of(found)
    actor = request.actor
    reviewer = found.superior_id or found.unit_id
    context = {
        "form": found,
        "cells": counted,
        "checks": cells.failed_checks(found, counted),
        "missing": cells.missing(found, counted),
        "fills": found.is_editable and found.unit_id == actor.organisation_id and actor.may(Permission.FILL_FORM),
        "reviews": found.state == "submitted"
        and reviewer == actor.organisation_id
        and actor.may(Permission.REVIEW_FORM),
        "reopens": found.is_settled and reviewer == actor.organisation_id and actor.may(Permission.REVIEW_FORM),
        "freezes": found.superior_id is None
        and not found.own_only
        and found.is_editable
        and found.unit_id == actor.organisation_id
        and actor.may(Permission.FREEZE_FORM),
        "submits": found.superior_id is not None,
        "children": cells.children_of(found),
        "snapshots": FormSnapshot.objects.visible_to(actor).filter(form=found),
        "late": [c for c in counted if c.late],
        "entries": Entry.objects.about(found),
        "campaign": _campaign_of(found, actor),
    }
    return render(request, "reporting/form.html", context)


@page(Permission.READ_WORK, writes=True)
def act(request: PageRequest, number: int, step: str) -> HttpResponse:
    """Adjust, explain, submit, return, accept, freeze, reopen, remind."""
    found = _form(request, number)
    post, more = request.POST, {"actor": request.actor, "at": request.at}
    value = post.get("value", "").strip()
    steps: dict[str, Callable[[], object]] = {
        "adjust": lambda: services.adjust(
            found, figure=post.get("figure", ""), value=int(value), reason=post.get("reason", "")[:300], **more
        ),
        "withdraw": lambda: services.withdraw_adjustment(found, figure=post.get("figure", ""), **more),
        "explain": lambda: services.explain(found, check_id=post.get("check", ""), text=post.get("text", ""), **more),
        "submit": lambda: services.submit(found, **more),
        "return": lambda: services.return_(found, reason=post.get("reason", ""), **more),
        "accept": lambda: services.accept(found, **more),
        "freeze": lambda: services.freeze(found, reason=post.get("reason", ""), **more),
        "reopen": lambda: services.reopen(found, reason=post.get("reason", ""), **more),
        "remind": lambda: services.remind(found, **more),
    }
    if step not in steps:
        raise Http404
    if request.method == "POST":
        if step == "adjust" and not (value.isdecimal() and len(value) < 15):  # noqa: PLR2004  # fits a bigint
            messages.error(request, "调整后的数应为 0 或正整数")
            return redirect(found)
        try:
            steps[step]()
            messages.success(request, "已办理")
        except _TOLD as error:
            messages.error(request, str(error))
    return redirect(found)


@dataclass(frozen=True)
class ShownPart:
    """A part of a figure with one page of its records as rows of cells."""

    part: Part
    value: int
    page: "Page[Any]"
    rows: list[tuple[str, list[object]]]


def _shown(part: Part, number: str | None) -> ShownPart:
    shown = Paginator(part.listed(), _PER_PAGE).get_page(number)
    rows = [
        (str(r.get_absolute_url()) if hasattr(r, "get_absolute_url") else "", [c.of(r) for c in part.columns])
        for r in shown.object_list
    ]
    return ShownPart(part, part.value(), shown, rows)


@page(Permission.READ_WORK, writes=True)
def drill(request: PageRequest, number: int, name: str) -> HttpResponse:
    """What a cell counted, part by part; POST gives it all as Excel."""
    found = _form(request, number)
    if name not in found.content.figures:
        raise Http404
    figure = figures.get(name)
    parts = figure.parts(found.scope, found.period)
    if request.method == "POST":
        return _export(request, found, figure, parts)
    shown = [_shown(part, request.GET.get("page")) for part in parts]
    context = {"form": found, "figure": figure, "parts": shown, "total": sum(s.value for s in shown)}
    return render(request, "reporting/drill.html", context)


def _export(request: PageRequest, form: StatForm, figure: figures.Figure, parts: Any) -> HttpResponse:
    sheets = []
    for n, part in enumerate(parts, 1):
        columns = [SheetColumn(title=c.title) for c in part.columns]
        rows = [["" if v is None else str(v) for v in (c.of(r) for c in part.columns)] for r in part.listed()[:_EXPORT]]
        sheets.append(
            Sheet(name=f"{n}", columns=columns, rows=rows, title=f"{figure.label}：{part.label}（{part.value()}）")
        )
    data = write_xlsx(sheets, at=request.at)
    after = {"figure": figure.name, "rows": sum(len(list(s.rows)) for s in sheets)}
    record(actor=request.actor, verb=Verb.EXPORTED, target=form, at=request.at, after=after)
    return download(data, f"{figure.label}_{form.unit.label}.xlsx", XLSX)


@page(Permission.READ_WORK)
def paper(request: PageRequest, number: int, kind: str) -> HttpResponse:
    """The form as Excel, Word, PDF or JSON."""
    found = _form(request, number)
    name = f"统计表_{found.unit.label}_{localtime(request.at):%Y%m%d}"
    if kind == "json":
        return download(json_of(found, at=request.at), f"{name}.json", "application/json")
    made = {"xlsx": (form_xlsx, XLSX), "docx": (form_docx, _DOCX), "pdf": (form_pdf, "application/pdf")}
    if kind not in made:
        raise Http404
    write, mime = made[kind]
    return download(write(sheet_of(found, at=request.at), at=request.at), f"{name}.{kind}", mime)


@page(Permission.READ_WORK, writes=True)
def summary(request: PageRequest, number: int) -> HttpResponse:
    """The summary report: GET explains, POST generates; with an edited copy what a person changed is kept."""
    found = _form(request, number)
    campaign = _campaign_of(found, request.actor)
    if request.method == "POST":
        upload = request.FILES.get("previous")
        previous = upload.read() if upload else None
        try:
            data, kept = report_docx(report_of(found, campaign, at=request.at), at=request.at, previous=previous)
        except BadPrevious as error:
            messages.error(request, str(error))
            return redirect("reporting:summary", found.pk)
        after = {"kept": [k.key for k in kept]}
        record(actor=request.actor, verb=Verb.EXPORTED, target=found, at=request.at, after=after, label="总结报告")
        response = download(data, f"总结报告_{found.unit.label}_{localtime(request.at):%Y%m%d}.docx", _DOCX)
        response["X-Midun-Kept"] = str(len(kept))
        return response
    return render(request, "reporting/summary.html", {"form": found, "campaign": campaign})
