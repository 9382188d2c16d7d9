"""移交公证, as the enterprise sees it."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render

from midun.deposits import services
from midun.deposits.forms import HandOffForm
from midun.deposits.models import HandOff
from midun.deposits.views.found import deposits_of, may_deposit, own_enterprise
from midun.deposits.views.shown import context_of, find_handoff, zip_of
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page

HANDOFFS = Listing(
    "handoffs",
    "移交公证",
    (
        ListColumn("用途", "purpose", link=lambda h: f"/deposits/handoffs/{h.uuid}/", wide=True),
        ListColumn("公证机构", lambda h: h.notary.name if h.notary else "自行送交"),
        ListColumn("移交时间", "created_at", kind="datetime"),
        ListColumn("进度", "state", kind="badge", colour=lambda h: h.colour),
    ),
    empty="还没有移交公证",
    empty_hint="需要公证时，把若干条存证列成清单，连同证明包和核验记录一起交给公证机构",
)
_OFFERED = 200


@page(Permission.READ_DEPOSITS, writes=True)
def handoffs(request: PageRequest) -> HttpResponse:
    """The enterprise's hand-offs."""
    found = HandOff.objects.visible_to(request.actor).with_names()
    buttons = [("移交公证", "/deposits/handoffs/new/", "plus")] if may_deposit(request) else []
    return HANDOFFS.respond(request, found, buttons=buttons)


@page(Permission.DEPOSIT, writes=True)
def handoff_new(request: PageRequest) -> HttpResponse:
    """Choose the deposits: those of a project, or the newest."""
    offered = deposits_of(request).select_related("tenant")
    project, chosen = request.GET.get("project", ""), request.GET.getlist("deposit")
    if _is_uuid(project):
        offered = offered.filter(project__uuid=project)
    if request.method == "GET":
        offered = offered.filter(pk__in=offered.values("pk")[:_OFFERED])
    picked = [d.pk for d in offered if str(d.uuid) in chosen or project] if request.method == "GET" else []
    form = HandOffForm(request.POST or None, deposits=offered, initial={"deposits": picked})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.hand_off(
                enterprise=own_enterprise(request),
                deposits=list(form.cleaned_data["deposits"]),
                purpose=form.cleaned_data["purpose"],
                notary=form.cleaned_data["notary"],
                actor=request.actor,
                at=request.at,
            )
        except services.HandOffProblem as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("deposits:handoff", made.uuid)
    return render(request, "deposits/handoff_new.html", {"form": form})


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


@page(Permission.READ_DEPOSITS)
def handoff(request: PageRequest, handoff: uuid.UUID) -> HttpResponse:
    """One: its deposits, its file, what the notary found."""
    found = find_handoff(request, handoff)
    return render(request, "deposits/handoff.html", {**context_of(found), "file": "deposits:handoff-file"})


@page(Permission.READ_DEPOSITS)
def handoff_file(request: PageRequest, handoff: uuid.UUID) -> HttpResponse:
    """The file for the notary."""
    return zip_of(request, find_handoff(request, handoff))
