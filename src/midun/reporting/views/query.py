"""The numbers of any unit, level and period, with their records: what a form would say, without a form."""

from dataclasses import dataclass
from datetime import date, datetime, time
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, make_aware

from midun.kernel.documents.form import FormLine, FormSheet, form_xlsx
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Figure, Period, Scope
from midun.kernel.statistics.templates import FormTemplate, Line, form_choices, template
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.drill import shown, workbook
from midun.kernel.web.listing import XLSX, download
from midun.kernel.web.page import PageRequest, page
from midun.reporting.forms import QueryForm
from midun.reporting.papers import chinese_day


@dataclass(frozen=True)
class Query:
    """Whose records of which days count, for which form."""

    unit: Organisation
    scope: Scope
    period: Period
    content: FormTemplate

    @property
    def words(self) -> str:
        """浦东新区市场监管局（本级） 2025年6月1日—2025年6月30日."""
        own = "（本级）" if self.scope.own_only else ""
        return f"{self.unit.label}{own}　{chinese_day(self.period.start)}—{chinese_day(self.period.end)}"


def _asked(request: PageRequest) -> tuple[QueryForm, Query | None]:
    """The form as filled in, and what it asks; without anything filled in: this month of the actor's own unit."""
    data = (request.POST if request.method == "POST" else request.GET).dict()
    today = localdate(request.at)
    first = {
        "unit": request.actor.organisation_name,
        "start": today.replace(day=1).isoformat(),
        "end": today.isoformat(),
        "template": form_choices()[0][0],
    }
    form = QueryForm({**first, **data}, actor=request.actor)
    if not form.is_valid():
        return form, None
    given = form.cleaned_data
    scope = Scope(given["unit"].jurisdiction.path, own_only=given["own_only"])
    return form, Query(given["unit"], scope, Period(given["start"], given["end"]), template(given["template"]))


def _parameters(query: Query) -> str:
    fields = {
        "unit": query.unit.name,
        "start": query.period.start,
        "end": query.period.end,
        "template": query.content.id,
    }
    return urlencode(fields | ({"own_only": "on"} if query.scope.own_only else {}))


@page(Permission.READ_WORK, writes=True)
def query(request: PageRequest) -> HttpResponse:
    """The cells of a form for a unit of the actor's subtree and any days; POST gives them as Excel."""
    bar, asked = _asked(request)
    cells: list[tuple[Line, Figure, int]] = []
    if asked is not None:
        found = [(line, figures.get(line.figure)) for line in asked.content.lines]
        cells = [(line, figure, figure.value(asked.scope, asked.period)) for line, figure in found]
    if request.method == "POST" and asked is not None:
        return _export(request, asked, cells)
    rows = [(*cell, asked.content.span(cell[0])) for cell in cells] if asked else []
    context = {"bar": bar, "asked": asked, "cells": rows, "parameters": _parameters(asked) if asked else ""}
    return render(request, "reporting/query.html", context)


def _export(request: PageRequest, asked: Query, cells: list[tuple[Line, Figure, int]]) -> HttpResponse:
    today = localdate(request.at)
    sheet = FormSheet(
        title=[f"{chinese_day(asked.period.start)}—{chinese_day(asked.period.end)}", asked.content.title],
        unit_name=asked.unit.name + ("（本级）" if asked.scope.own_only else ""),
        lines=[FormLine(c.number, c.label, n, c.unit, asked.content.span(c), c.part) for c, _, n in cells],
        bottom=[f"由统计查询生成，不是报送的统计表。数据截至{chinese_day(today)}"],
    )
    data = form_xlsx(sheet, at=make_aware(datetime.combine(today, time())))
    _note(request, asked, {"cells": len(cells)})
    return download(data, f"统计查询_{asked.unit.label}_{today:%Y%m%d}.xlsx", XLSX)


def _note(request: PageRequest, asked: Query, more: dict[str, object]) -> None:
    days: dict[str, date] = {"start": asked.period.start, "end": asked.period.end}
    after = {"unit": asked.unit.pk, "own_only": asked.scope.own_only, **days, **more}
    record(actor=request.actor, verb=Verb.EXPORTED, target=None, at=request.at, after=after, label="统计查询")


@page(Permission.READ_WORK, writes=True)
def query_drill(request: PageRequest, name: str) -> HttpResponse:
    """What one of the cells counted; POST gives it all as Excel."""
    _, asked = _asked(request)
    if asked is None:
        return redirect("reporting:query")
    line = asked.content.line(name)
    if line is None:
        raise Http404
    figure = figures.get(name)
    parts = figure.parts(asked.scope, asked.period)
    if request.method == "POST":
        data, rows = workbook(line.label, parts, at=request.at)
        _note(request, asked, {"figure": name, "rows": rows})
        return download(data, f"{line.label}_{asked.unit.label}.xlsx", XLSX)
    kept = _parameters(asked)
    found = shown(parts, request.GET, kept=kept)
    context = {"asked": asked, "line": line, "figure": figure, "parts": found, "total": sum(s.value for s in found)}
    back = f"{reverse('reporting:query')}?{kept}"
    return render(request, "reporting/query_drill.html", context | {"back": back, "fields": request.GET.items()})
