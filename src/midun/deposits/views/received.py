"""移交公证, as the notary sees it: what enterprises handed to this notary, and nothing else of theirs."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from midun.deposits import services
from midun.deposits.forms import ConfirmForm
from midun.deposits.models import HandOff
from midun.deposits.views.shown import context_of, find_handoff, zip_of
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page

RECEIVED = Listing(
    "received-handoffs",
    "移交的存证",
    (
        ListColumn("企业", "enterprise.name", link=lambda h: f"/deposits/received/{h.uuid}/", wide=True),
        ListColumn("用途", "purpose"),
        ListColumn("移交时间", "created_at", kind="datetime"),
        ListColumn("进度", "state", kind="badge", colour=lambda h: h.colour),
    ),
    empty="还没有企业移交存证",
)


@page(Permission.CONFIRM_DEPOSITS, writes=True)
def received(request: PageRequest) -> HttpResponse:
    """What was handed to the actor's notary."""
    return RECEIVED.respond(request, HandOff.objects.visible_to(request.actor).with_names())


@page(Permission.CONFIRM_DEPOSITS, writes=True)
def received_one(request: PageRequest, handoff: uuid.UUID) -> HttpResponse:
    """One: receive it, then say what the check gave."""
    found = find_handoff(request, handoff)
    form = ConfirmForm(request.POST if found.received_at and request.method == "POST" else None)
    if request.method == "POST":
        try:
            if found.received_at is None:
                services.receive(found, actor=request.actor, at=request.at)
                messages.success(request, "已接收，请下载移交文件并按核验记录逐项核验")
                return redirect("deposits:received-one", found.uuid)
            if form.is_valid():
                said = form.cleaned_data
                services.confirm(
                    found,
                    matches=said["result"],
                    finding=said["finding"],
                    cosignature=said["cosignature"],
                    actor=request.actor,
                    at=request.at,
                )
                messages.success(request, "已登记核验结果，企业能看到")
                return redirect("deposits:received-one", found.uuid)
        except services.HandOffProblem as problem:
            messages.error(request, str(problem))
    context = {**context_of(found), "form": form, "file": "deposits:received-file"}
    return render(request, "deposits/received.html", context)


@page(Permission.CONFIRM_DEPOSITS)
def received_file(request: PageRequest, handoff: uuid.UUID) -> HttpResponse:
    """The same file that the enterprise has."""
    return zip_of(request, find_handoff(request, handoff))
