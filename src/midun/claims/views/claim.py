"""One claim: its page, the steps taken on it, its printed sheet."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate

from midun.claims import services
from midun.claims.columns import COLOURS
from midun.claims.deadlines import deadline_of
from midun.claims.forms import CloseForm, LeadForm, NoteForm, RefuseForm, TransferForm
from midun.claims.models import Claim, ClaimState
from midun.claims.parts import shelves
from midun.claims.pledges import pledges
from midun.claims.sheet import claim_sheet
from midun.claims.timeline import timeline, way_of
from midun.claims.views.found import find, keeps
from midun.kernel.documents.sheet import sheet_pdf
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission, Role
from midun.kernel.web.listing import download
from midun.kernel.web.page import PageRequest, page
from midun.kernel.workflow.calendar import WorkCalendar
from midun.kernel.workflow.services import ReasonMissing, WrongState

_TOLD = (
    WrongState,
    ReasonMissing,
    services.NotOurs,
    services.BadTarget,
    services.NotOpen,
    services.ReplyMissing,
    services.AlreadyReminded,
    services.Voided,
)
_FORMS = {"refuse": RefuseForm, "close": CloseForm, "note": NoteForm, "lead": LeadForm}


def _origin(request: PageRequest, claim: Claim) -> Any:
    """The visit (or other record) in which the claim was raised, if the actor may see it."""
    if not claim.source_type:
        return None
    model: Any = apps.get_model(claim.source_type)
    return model.objects.visible_to(request.actor).filter(pk=claim.source_id).first()


def _forms(request: PageRequest, claim: Claim, bound: Mapping[str, forms.Form]) -> dict[str, forms.Form]:
    """The forms of what may be done now: `bound` ones as they were sent, the others empty."""
    actor = request.actor
    handles = actor.may(Permission.HANDLE_CLAIM) and claim.unit_id == actor.organisation_id
    above = actor.may(Permission.HANDLE_CLAIM) and actor.is_above(claim.unit.jurisdiction.path)
    offered: dict[str, forms.Form] = {}
    if claim.is_open and claim.voided_at is None:
        if handles and claim.state != ClaimState.REGISTERED:
            offered["close"] = CloseForm()
        if handles:
            offered["note"] = NoteForm()
        if handles or above:
            offered["transfer"] = TransferForm(targets=services.targets(actor).exclude(pk=claim.unit_id))
        if handles and claim.state == ClaimState.REGISTERED:
            offered["refuse"] = RefuseForm()
    if handles and claim.voided_at is None:
        offered["lead"] = LeadForm(initial={"is_lead": "0" if claim.is_lead else "1"})
    return {**offered, **{name: form for name, form in bound.items() if name in offered}}


def _show(request: PageRequest, claim: Claim, bound: Mapping[str, forms.Form] | None = None) -> HttpResponse:
    actor, calendar = request.actor, WorkCalendar()
    inside = claim.is_handled_under(actor)
    handles = actor.may(Permission.HANDLE_CLAIM) and claim.unit_id == actor.organisation_id
    own_leader = actor.role == Role.LEADER and actor.organisation_id == claim.unit_id
    urges = actor.may(Permission.SUPERVISE_CLAIM) and (actor.is_above(claim.unit.jurisdiction.path) or own_leader)
    context = {
        "claim": claim,
        "colour": COLOURS[claim.state],
        "way": way_of(claim),
        "deadline": deadline_of(claim, localdate(request.at), calendar),
        "warning": calendar.add(claim.clock_from, claim.handle_days).warning if claim.is_open else "",
        "moments": timeline(claim, actor),
        "attachments": Attachment.objects.of(claim),
        "origin": _origin(request, claim),
        "handles": handles and claim.voided_at is None,
        "urges": urges and claim.is_open and claim.voided_at is None,
        "keeps": keeps(request, claim),
        "inside": inside,
        "hint": inside and not claim.is_lead and pledges().smells_of_infringement(claim.title, claim.detail),
        "pledges": pledges(),
        "forms": _forms(request, claim, bound or {}),
        "bound": list(bound or {}),
        "shelves": shelves(claim, actor) if inside else [],
    }
    return render(request, "claims/claim.html", context)


@page(Permission.READ_WORK)
def claim(request: PageRequest, number: int) -> HttpResponse:
    """One claim with what may be done about it."""
    return _show(request, find(request, number))


def _form_for(request: PageRequest, claim: Claim, step: str) -> forms.Form | None:
    if step == "transfer":
        return TransferForm(request.POST, targets=services.targets(request.actor).exclude(pk=claim.unit_id))
    made = _FORMS.get(step)
    return made(request.POST, request.FILES) if made else None


def _take(request: PageRequest, claim: Claim, step: str, data: Mapping[str, Any]) -> None:
    actor, at = request.actor, request.at
    steps: dict[str, Callable[[], object]] = {
        "accept": lambda: services.accept(claim, actor=actor, at=at),
        "start": lambda: services.start(claim, actor=actor, at=at),
        "remind": lambda: services.remind(claim, actor=actor, at=at),
        "refuse": lambda: services.refuse(claim, reason=data["reason"], reply=data["reply"], actor=actor, at=at),
        "close": lambda: services.close(claim, resolved=data["resolved"], reply=data["reply"], actor=actor, at=at),
        "transfer": lambda: services.transfer(claim, to=data["to"], reason=data["reason"], actor=actor, at=at),
        "lead": lambda: services.mark_lead(claim, is_lead=data["is_lead"], reason=data["reason"], actor=actor, at=at),
        "note": lambda: services.note(
            claim, text=data["text"], told=data["told"], files=data["uploads"], actor=actor, at=at
        ),
    }
    if step not in steps:
        raise Http404
    steps[step]()


@page(Permission.READ_WORK, writes=True)
def act(request: PageRequest, number: int, step: str) -> HttpResponse:
    """Take a step; a form with mistakes comes back as it was sent."""
    found = find(request, number)
    if request.method != "POST":
        return redirect(found)
    form = _form_for(request, found, step)
    if form is not None and not form.is_valid():
        return _show(request, found, {step: form})
    try:
        _take(request, found, step, form.cleaned_data if form else {})
        messages.success(request, "已办理")
    except _TOLD as error:
        messages.error(request, str(error))
    return redirect(found)


@page(Permission.READ_WORK)
def paper(request: PageRequest, number: int) -> HttpResponse:
    """The claim as a sheet to print and sign (诉求办理单)."""
    found = find(request, number)
    data = sheet_pdf(claim_sheet(found, timeline(found, request.actor)), at=request.at)
    return download(data, f"诉求办理单_{found.number}.pdf", "application/pdf")
