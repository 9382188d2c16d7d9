"""The list of deposits, one deposit, and the two pages on which a person deposits."""

import json
import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from midun.deposits import services
from midun.deposits.forms import DepositFilter, StatementForm
from midun.deposits.models import HandOff
from midun.deposits.stages import Stages, code_of, covered, covering, lacking, name_of
from midun.deposits.statement import LABELS, read
from midun.deposits.views.found import deposits_of, find, may_deposit, projects_of
from midun.evidence.models import Statement
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page


def _listing() -> Listing:
    stages = Stages()
    return Listing(
        "deposits",
        "存证",
        (
            ListColumn("存证", name_of, link=lambda d: f"/deposits/{d.uuid}/", wide=True, sort="label"),
            ListColumn("序号", "index", kind="integer", sort="number"),
            ListColumn("类型", "get_kind_display"),
            ListColumn("研发过程", "project.title"),
            ListColumn("受理时间", "accepted_at", kind="datetime"),
            ListColumn("证明", lambda d: stages.of(d).words, kind="badge", colour=lambda d: stages.of(d).colour),
            ListColumn("编号", lambda d: str(d.uuid), kind="code", listed=False),
            ListColumn("SHA-256 承诺值", lambda d: d.sha256.hex(), kind="code", listed=False),
            ListColumn("SM3 承诺值", lambda d: d.sm3.hex(), kind="code", listed=False),
        ),
        filters=DepositFilter,
        filter_args=lambda request: {"projects": projects_of(request)},
        empty="还没有存证",
        empty_hint="文件留在您的电脑里，只把加盐的指纹记入存证日志，日后可以证明它在何时已经存在",
    )


@page(Permission.READ_DEPOSITS, writes=True)
def deposits(request: PageRequest) -> HttpResponse:
    """The enterprise's own deposits."""
    buttons = [("文件存证", "/deposits/new/", "fingerprint")] if may_deposit(request) else []
    return _listing().respond(request, deposits_of(request), buttons=buttons)


@page(Permission.DEPOSIT)
def new(request: PageRequest) -> HttpResponse:
    """Deposit files or a folder: everything secret happens in the page's script."""
    chosen = request.GET.get("project", "")
    context = {"projects": projects_of(request), "chosen": chosen}
    return render(request, "deposits/new.html", context)


@page(Permission.DEPOSIT)
def first(request: PageRequest) -> HttpResponse:
    """确权存证 in three steps, for somebody who has never done it."""
    return render(request, "deposits/first.html")


@page(Permission.READ_DEPOSITS)
def explained(request: PageRequest) -> HttpResponse:
    """What a deposit proves and what not, and what to keep."""
    return render(request, "deposits/explained.html")


@page(Permission.READ_DEPOSITS)
def open_one(request: PageRequest) -> HttpResponse:
    """Open one file of a set without its siblings: everything happens in the page's script."""
    return render(request, "deposits/open_one.html")


@page(Permission.READ_DEPOSITS)
def deposit(request: PageRequest, deposit: uuid.UUID) -> HttpResponse:
    """One deposit: its stage as it is, what can be downloaded, how to check it."""
    found = find(request, deposit)
    shown = Statement.objects.visible_to(request.actor).filter(deposit=found).select_related("shown_by").first()
    checkpoint = covering(found)
    context = {
        "deposit": found,
        "name": name_of(found),
        "code": code_of(found),
        "stage": Stages().of(found),
        "checkpoint": checkpoint,
        "coverage": covered(checkpoint),
        "lacking": lacking(found),
        "statement": shown,
        "said": read(shown.text) if shown else {},
        "handoffs": HandOff.objects.visible_to(request.actor).with_names().filter(deposits=found),
        "may_deposit": may_deposit(request),
        "labels": json.dumps(LABELS, ensure_ascii=False),
    }
    return render(request, "deposits/deposit.html", context)


@page(Permission.DEPOSIT, writes=True)
def statement(request: PageRequest, deposit: uuid.UUID) -> HttpResponse:
    """Show the platform the source statement of a deposit, as a script read it out of the opening file."""
    found = find(request, deposit)
    form = StatementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.show_statement(found, text=form.cleaned_data["text"], actor=request.actor, at=request.at)
            messages.success(request, "已出示来源说明，它会写入证明包和证明书")
        except services.StatementProblem as problem:
            messages.error(request, str(problem))
    return redirect("deposits:deposit", found.uuid)
