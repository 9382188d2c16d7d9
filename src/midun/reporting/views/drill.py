"""What a cell counted, and how that changed after the form was handed in."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics import figures
from midun.kernel.statistics.body import parse
from midun.kernel.statistics.cells import children_of, newest_snapshot
from midun.kernel.statistics.late import changes_of
from midun.kernel.statistics.models import StatForm
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.drill import address, shown, titled, workbook
from midun.kernel.web.listing import XLSX, download
from midun.kernel.web.page import PageRequest, page
from midun.reporting.views.found import form_or_404


@page(Permission.READ_WORK, writes=True)
def drill(request: PageRequest, number: int, name: str) -> HttpResponse:
    """What a cell counted, part by part; POST gives it all as Excel."""
    form = form_or_404(request, number)
    line = form.content.line(name)
    if line is None:
        raise Http404
    figure = figures.get(name)
    parts = figure.parts(form.scope, form.period)
    if request.method == "POST":
        data, rows = workbook(line.label, parts, at=request.at)
        record(
            actor=request.actor,
            verb=Verb.EXPORTED,
            target=form,
            at=request.at,
            after={"figure": name, "rows": rows},
        )
        return download(data, f"{line.label}_{form.unit.label}.xlsx", XLSX)
    found = shown(parts, request.GET)
    context = {"form": form, "line": line, "figure": figure, "parts": found, "total": sum(s.value for s in found)}
    return render(request, "reporting/drill.html", context | _settled(form, name) | _children(form, name))


def _settled(form: StatForm, name: str) -> dict[str, object]:
    """Beside a form handed in: what it states, and the records by which today's number differs."""
    snapshot = None if form.is_editable else newest_snapshot(form)
    if snapshot is None:
        return {}
    body = parse(snapshot.body)
    changes = changes_of(form, body, name)
    told = [
        {
            "part": change.part,
            "groups": [
                ("新增", [(address(r), titled(change.part, r), "") for r in change.added]),
                ("不再计入", [(address(r), titled(change.part, r), "") for r in change.removed]),
                ("有改动", [(address(r), titled(change.part, r), told) for r, told in change.altered]),
            ],
        }
        for change in changes or ()
        if change
    ]
    return {"stated": body.numbers[name], "unkept": changes is None, "changes": told, "snapshot": snapshot}


def _children(form: StatForm, name: str) -> dict[str, object]:
    if form.own_only:
        return {}
    return {"children": [(child.form, child.numbers.get(name)) for child in children_of(form)]}
