"""The numbers of a campaign side by side."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics import figures
from midun.kernel.statistics.models import StatForm
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.listing import XLSX, download
from midun.kernel.web.page import PageRequest, page
from midun.lib.sheets import Column, Sheet, write_xlsx
from midun.reporting.comparison import UnitNumbers, against_before, by_unit, form_before, stated, summary_for, values_of
from midun.reporting.views.found import campaign_or_404


@page(Permission.READ_WORK, writes=True)
def comparison(request: PageRequest, number: int) -> HttpResponse:
    """Unit by unit, and with the campaign before; POST gives the table of units as Excel."""
    campaign = campaign_or_404(request, number)
    found = summary_for(campaign, request.actor)
    form = get_object_or_404(StatForm.objects.visible_to(request.actor), pk=found.pk if found else 0)
    rows, body, before = by_unit(form), stated(form), form_before(form)
    if request.method == "POST":
        return _export(request, form, rows)
    context = {
        "campaign": campaign,
        "form": form,
        "lines": [(line, figures.get(line.figure)) for line in form.content.lines],
        "rows": rows,
        "total": values_of(body, form.content.lines),
        "before": before,
        "against": against_before(form, body, before) if before else [],
    }
    return render(request, "reporting/comparison.html", context)


def _export(request: PageRequest, form: StatForm, rows: list[UnitNumbers]) -> HttpResponse:
    lines, columns = form.content.lines, [Column(title="单位", width=28), Column(title="状态", width=12)]
    columns += [Column(title=f"{line.item}. {line.label}（{line.unit}）", kind="integer", width=14) for line in lines]
    cells = [
        [row.form.unit.label + ("（本级）" if row.form.own_only else ""), row.form.get_state_display(), *row.values]
        for row in rows
    ]
    total = ["汇总", form.get_state_display(), *values_of(stated(form), lines)]
    data = write_xlsx([Sheet("各单位数据", columns, [*cells, total], title=form.subject_title)], at=request.at)
    record(actor=request.actor, verb=Verb.EXPORTED, target=form, at=request.at, after={"units": len(rows)})
    return download(data, f"各单位数据_{form.unit.label}.xlsx", XLSX)
