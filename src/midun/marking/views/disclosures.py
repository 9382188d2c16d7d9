"""One copy shown to a bureau: as the enterprise gives it, and as the bureau reads and verifies it."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from midun.claims.models import OPEN, Claim
from midun.evidence.receipts import NotInLog
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.trail.models import Entry
from midun.kernel.web.page import PageRequest, page
from midun.lib.bundle.copies_verified import verify_disclosure
from midun.lib.bundle.verdict import State
from midun.lib.marking.code.message import write_id
from midun.marking import services
from midun.marking.forms import DiscloseForm, WithdrawForm
from midun.marking.models import Disclosure, IssueBatch

_STEPS = {
    State.OK: ("通过", "bg-green-lt"),
    State.NOTE: ("注意", "bg-blue-lt"),
    State.MISSING: ("缺少", "bg-orange-lt"),
    State.FAILED: ("失败", "bg-red-lt"),
}
_AWAY = "存证日志暂时读不到，请稍后再试"


def _find(request: PageRequest, disclosure: uuid.UUID) -> Disclosure:
    known = Disclosure.objects.visible_to(request.actor).select_related(
        "copy__batch__enterprise", "claim", "unit", "disclosed_by"
    )
    found: Disclosure = get_object_or_404(known, uuid=disclosure)
    return found


def _file(body: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(body, content_type="application/json", headers=headers)


@page(Permission.READ_DEPOSITS)
def proof(request: PageRequest, batch: uuid.UUID) -> HttpResponse:
    """The proof of a batch, for the registry at the enterprise."""
    found: IssueBatch = get_object_or_404(IssueBatch.objects.visible_to(request.actor), uuid=batch)
    try:
        made = services.batch_proof(found, at=request.at)
    except (services.BatchProblem, NotInLog) as problem:
        messages.error(request, str(problem) if isinstance(problem, services.BatchProblem) else _AWAY)
        return redirect(found)
    return _file(made.encode(), f"midun-batch-{found.uuid}.json")


@page(Permission.APPROVE_COPIES, writes=True)
def disclose(request: PageRequest, batch: uuid.UUID, part: int) -> HttpResponse:
    """Show copy number `part` of a batch to the bureau of a claim."""
    found: IssueBatch = get_object_or_404(IssueBatch.objects.visible_to(request.actor), uuid=batch)
    claims = Claim.objects.visible_to(request.actor).live().filter(state__in=OPEN).select_related("unit")
    claims = claims.filter(unit__kind=OrganisationKind.BUREAU)
    form = DiscloseForm(request.POST or None, request.FILES or None, claims=claims)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = services.disclose(
                found, number=str(part), claim=given["claim"], data=given["file"], actor=request.actor, at=request.at
            )
        except services.BatchProblem as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"已向{made.unit.name}出示这一份副本的登记")
            return redirect(made)
    context = {"batch": found, "number": part, "form": form, "has_claims": claims.exists()}
    return render(request, "marking/disclose.html", context)


def _shown(request: PageRequest, found: Disclosure, form: WithdrawForm | None = None) -> HttpResponse:
    try:
        made = services.disclosure_file(found, at=request.at, papers=False)
        verdict = verify_disclosure(made.encode())
    except (services.BatchProblem, NotInLog, ValueError):
        verdict = None
    own = found.copy.batch.enterprise_id == request.actor.organisation_id
    context = {
        "shown": found,
        "row": found.row,
        "copy_number": write_id(bytes.fromhex(found.row["copy_id"])),
        "issued": datetime.fromisoformat(found.row["at"]),
        "verdict": verdict,
        "steps": [(*_STEPS[step.state], step.sentence) for step in verdict.steps] if verdict else [],
        "own": own,
        "form": form if own and found.voided_at is None else None,
        "entries": Entry.objects.about(found),
    }
    return render(request, "marking/disclosure.html", context)


def _shown_file(request: PageRequest, found: Disclosure) -> HttpResponse:
    try:
        made = services.disclosure_file(found, at=request.at)
    except (services.BatchProblem, NotInLog):
        messages.error(request, _AWAY)
        return redirect("marking:batches" if found.unit_id != request.actor.organisation_id else found.claim)
    return _file(made.encode(), f"midun-copy-{found.uuid}.json")


@page(Permission.READ_DEPOSITS)
def disclosure(request: PageRequest, disclosure: uuid.UUID) -> HttpResponse:
    """One, as its enterprise sees it."""
    offered = WithdrawForm() if request.actor.may(Permission.APPROVE_COPIES) else None
    return _shown(request, _find(request, disclosure), offered)


@page(Permission.READ_DEPOSITS)
def disclosure_file(request: PageRequest, disclosure: uuid.UUID) -> HttpResponse:
    """The file that anybody verifies offline, for the enterprise."""
    return _shown_file(request, _find(request, disclosure))


@page(Permission.APPROVE_COPIES, writes=True)
def withdraw(request: PageRequest, disclosure: uuid.UUID) -> HttpResponse:
    """Take it back."""
    found = _find(request, disclosure)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and not form.is_valid():
        return _shown(request, found, form)
    if request.method == "POST":
        try:
            services.withdraw(found, reason=form.cleaned_data["reason"], actor=request.actor, at=request.at)
            messages.success(request, "已撤回，接收单位不再能看到")
        except services.BatchProblem as problem:
            messages.error(request, str(problem))
    return redirect(found)


@page(Permission.HANDLE_CLAIM)
def disclosed(request: PageRequest, disclosure: uuid.UUID) -> HttpResponse:
    """One, as the bureau it was shown to sees and verifies it."""
    return _shown(request, _find(request, disclosure))


@page(Permission.HANDLE_CLAIM)
def disclosed_file(request: PageRequest, disclosure: uuid.UUID) -> HttpResponse:
    """The file that anybody verifies offline, for the bureau's own files."""
    return _shown_file(request, _find(request, disclosure))
