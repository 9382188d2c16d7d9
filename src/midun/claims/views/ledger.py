"""The ledger itself: list, printed list, registration, correction, voiding."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.claims import services
from midun.claims.columns import ledger_listing, printed_ledger
from midun.claims.forms import ClaimEditForm, ClaimFilter, ClaimForm
from midun.claims.models import OPEN, ClaimState, Source
from midun.claims.picking import SHOWN, EnterprisePick, find_enterprises
from midun.claims.pledges import pledges
from midun.claims.views.found import claims_of, find_kept, own_unit
from midun.kernel.documents.table import table_pdf
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission, Role
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Stale
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import download
from midun.kernel.web.page import PageRequest, page

_PRINTED = 2000
_PDF = "application/pdf"


def _tabs(request: PageRequest) -> dict[str, Any]:
    """Label, query and number of the parts of the ledger that people ask for."""
    today = localdate(request.at)
    late = Q(state__in=OPEN, due_on__lt=today) | Q(state=ClaimState.REGISTERED, accept_by__lt=today)
    numbers = (
        claims_of(request)
        .live()
        .order_by()
        .aggregate(
            all=Count("pk"),
            waiting=Count("pk", filter=Q(state=ClaimState.REGISTERED)),
            busy=Count("pk", filter=Q(state__in=(ClaimState.ACCEPTED, ClaimState.IN_PROGRESS))),
            late=Count("pk", filter=late),
            lead=Count("pk", filter=Q(is_lead=True, unit__jurisdiction__path__startswith=request.actor.path)),
        )
    )
    tabs = [
        ("待受理", "state=registered", numbers["waiting"]),
        ("未办结", "only=open", numbers["waiting"] + numbers["busy"]),
        ("已逾期", "only=overdue", numbers["late"]),
        ("疑似侵权线索", "only=lead", numbers["lead"]),
    ]
    return {"all": numbers["all"], "tabs": tabs}


@page(Permission.READ_WORK, writes=True)
def ledger(request: PageRequest) -> HttpResponse:
    """The ledger."""
    listing = ledger_listing(request)
    buttons = [("登记诉求", "/claims/new/", "plus")] if request.actor.may(Permission.REGISTER_CLAIM) else []
    tabs = {} if request.method == "POST" else _tabs(request)
    return listing.respond(request, claims_of(request).live(), template="claims/list.html", buttons=buttons, **tabs)


@page(Permission.READ_WORK, writes=True)
def ledger_paper(request: PageRequest) -> HttpResponse:
    """The filtered ledger on paper (landscape A4); like every export it is in the trail."""
    if request.method != "POST":
        return redirect("claims:ledger")
    bar = ClaimFilter(request.POST, actor=request.actor, today=localdate(request.at))
    found = list(bar.apply(claims_of(request).live())[:_PRINTED])
    data = table_pdf(printed_ledger(found, request), at=request.at)
    asked = {name: value for name, value in request.POST.items() if value and name != "csrfmiddlewaretoken"}
    after = {"list": "claims", "rows": len(found), "filter": asked}
    record(actor=request.actor, verb=Verb.EXPORTED, target=None, at=request.at, after=after, label="打印诉求台账")
    return download(data, f"诉求台账_{localdate(request.at):%Y%m%d}.pdf", _PDF)


@page(Permission.REGISTER_CLAIM)
def enterprises(request: PageRequest) -> HttpResponse:
    """Enterprises found by name or code, as buttons to choose from."""
    text = request.GET.get("q", "")
    found = find_enterprises(request.actor, text)
    context = {"found": found[:SHOWN], "more": len(found) > SHOWN, "text": text.strip()}
    return render(request, "claims/_picked.html", context)


def _usual_source(request: PageRequest) -> Source:
    """Stations take claims down on the spot, bureaus on the telephone."""
    return Source.STATION if request.actor.role == Role.STATION_STAFF else Source.PHONE


@page(Permission.REGISTER_CLAIM, writes=True)
def new(request: PageRequest) -> HttpResponse:
    """Enter a claim and say which unit handles it."""
    unit, today = own_unit(request), localdate(request.at)
    form = ClaimForm(
        request.POST or None,
        request.FILES or None,
        targets=services.targets(request.actor),
        today=today,
        initial={"raised_on": today, "unit": unit, "source": _usual_source(request)},
    )
    known = Organisation.objects.visible_to(request.actor).enterprises()
    asked = request.GET.get("enterprise", "")
    chosen = known.filter(pk=asked).first() if asked.isdigit() else None
    pick = EnterprisePick(request.POST or None, initial=EnterprisePick.initial_of(chosen))
    if request.method == "POST" and all([form.is_valid(), pick.is_valid()]):
        return _register(request, unit, form, pick)
    return render(request, "claims/new.html", {"form": form, "pick": pick, "pledges": pledges()})


def _register(request: PageRequest, unit: Organisation, form: ClaimForm, pick: EnterprisePick) -> HttpResponse:
    enterprise = pick.enterprise(unit=unit, actor=request.actor, at=request.at)
    if enterprise is None:
        raise Http404
    claim = services.register(
        unit=form.cleaned_data["unit"],
        enterprise=enterprise,
        actor=request.actor,
        at=request.at,
        files=form.cleaned_data["uploads"],
        **form.values(),
    )
    messages.success(request, f"已登记，编号 {claim.number}")
    if told := pick.mismatch(enterprise):
        messages.info(request, told)
    return redirect(claim)


@page(Permission.REGISTER_CLAIM, writes=True)
def edit(request: PageRequest, number: int) -> HttpResponse:
    """Correct the entry of an open claim."""
    found, shown = find_kept(request, number), find_kept(request, number)
    form = ClaimEditForm(request.POST or None, request.FILES or None, instance=shown, today=localdate(request.at))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            services.change(
                found,
                version=data["version"],
                actor=request.actor,
                at=request.at,
                fields=form.values(),
                files=data["uploads"],
            )
        except (Stale, services.NotEditable, services.Voided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已保存")
            return redirect(found)
    return render(request, "web/form.html", {"form": form, "title": "修改诉求", "back": found.get_absolute_url()})


@page(Permission.REGISTER_CLAIM, writes=True)
def remove_file(request: PageRequest, number: int, file: int) -> HttpResponse:
    """Take a file off a claim with a reason."""
    found = find_kept(request, number)
    attachment = get_object_or_404(Attachment.objects.of(found), pk=file)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        services.remove_file(found, attachment=attachment, reason=reason, actor=request.actor, at=request.at)
        messages.success(request, "已移除附件")
        return redirect(found)
    title = f"移除附件：{attachment.name}"
    context = {"form": form, "title": title, "submit": "移除", "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


def _with_reason(request: PageRequest, number: int, act: str, word: str) -> HttpResponse:
    found = find_kept(request, number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"][:300]
        take = services.void if act == "void" else services.restore
        try:
            take(found, version=found.version, reason=reason, actor=request.actor, at=request.at)
        except (Stale, services.Voided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"已{word}")
            return redirect(found)
    context = {"form": form, "title": f"{word}：{found.title}", "submit": word, "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.REGISTER_CLAIM, writes=True)
def void(request: PageRequest, number: int) -> HttpResponse:
    """Void an entry made by mistake."""
    return _with_reason(request, number, "void", "作废")


@page(Permission.REGISTER_CLAIM, writes=True)
def restore(request: PageRequest, number: int) -> HttpResponse:
    """Take a voiding back."""
    return _with_reason(request, number, "restore", "恢复")
