"""What the visits learned, added up by unit: a page and its Excel."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate

from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.listing import XLSX, download
from midun.kernel.web.page import PageRequest, page
from midun.lib.sheets import Column, Sheet, write_xlsx
from midun.visits.baseline import Baseline, by_unit, total_of
from midun.visits.forms import PeriodFilter
from midun.visits.models import Visit

_TITLE = "走访底数汇总"
_COUNTS = (
    "走访企业（家）",
    "商业秘密数",
    "专利数",
    "保密协议已签",
    "保密协议应签",
    "竞业限制已签",
    "竞业限制适用",
    "已建立制度（家）",
    "了解制度情况（家）",
)
_RATES = ("保密协议签约率", "竞业限制协议签约率", "保护制度建立率")


@page(Permission.READ_WORK, writes=True)
def baseline(request: PageRequest) -> HttpResponse:
    """Secrets, patents and the three rates, unit by unit and together; POST gives the Excel."""
    query = request.POST if request.method == "POST" else request.GET
    bar = PeriodFilter(query)
    found = bar.apply(Visit.objects.visible_to(request.actor).live())
    units = dict(
        Organisation.objects.unscoped("names of units that made visible visits").units().values_list("pk", "name")
    )
    rows, total = by_unit(found, lambda unit: str(units.get(unit, ""))), total_of(found)
    if request.method == "POST":
        return _excel(request, [*rows, total])
    context = {
        "bar": bar,
        "filtered": bool(bar.conditions()),
        "conditions": bar.conditions(),
        "kept_items": [(name, value) for name, value in request.GET.items() if value],
        "rows": rows,
        "total": total,
    }
    return render(request, "visits/baseline.html", context)


def _excel(request: PageRequest, rows: list[Baseline]) -> HttpResponse:
    columns = [Column(title="单位", kind="text"), *(Column(title=t, kind="integer") for t in _COUNTS)]
    columns += [Column(title=t, kind="text") for t in _RATES]
    cells = [
        [
            r.label,
            r.enterprises,
            r.secrets,
            r.patents,
            *(n for rate in (r.nda, r.non_compete, r.rules) for n in (rate.part, rate.whole)),
            *(rate.percent for rate in (r.nda, r.non_compete, r.rules)),
        ]
        for r in rows
    ]
    data = write_xlsx([Sheet(name=_TITLE, columns=columns, rows=cells)], at=request.at)
    record(actor=request.actor, verb=Verb.EXPORTED, target=None, at=request.at, after={"rows": len(rows)}, label=_TITLE)
    return download(data, f"{_TITLE}_{localdate(request.at):%Y%m%d}.xlsx", XLSX)
