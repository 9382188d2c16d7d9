"""What an enterprise sees and does: its own claims."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from midun.claims import services
from midun.claims.columns import COLOURS
from midun.claims.forms import OwnClaimForm, RateForm
from midun.claims.models import Claim, ClaimState
from midun.claims.parts import shelves
from midun.claims.pledges import pledges
from midun.claims.timeline import public_timeline
from midun.claims.views.found import own_unit
from midun.claims.workflow import PUBLIC_WORDS
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page

OWN = Listing(
    "own-claims",
    "我的诉求",
    (
        ListColumn("诉求概要", "title", link=lambda c: f"/claims/own/{c.pk}/", wide=True),
        ListColumn("编号", "number"),
        ListColumn("提出日期", "raised_on", kind="date"),
        ListColumn("办理单位", "unit.name"),
        ListColumn(
            "进度", lambda c: PUBLIC_WORDS[ClaimState(c.state)], kind="badge", colour=lambda c: COLOURS[c.state]
        ),
    ),
    empty="还没有提出诉求",
    empty_hint="在商业秘密保护中遇到困难，可以在这里向属地市场监管部门提出",
)


@page(Permission.RAISE_CLAIM, writes=True)
def own(request: PageRequest) -> HttpResponse:
    """The enterprise's own claims."""
    found = Claim.objects.visible_to(request.actor).live().select_related("unit")
    return OWN.respond(request, found, buttons=[("提出诉求", "/claims/own/new/", "plus")])


@page(Permission.RAISE_CLAIM, writes=True)
def own_new(request: PageRequest) -> HttpResponse:
    """The enterprise raises a claim; the bureau in charge of its place handles it."""
    enterprise = own_unit(request)
    contact = " ".join(part for part in (enterprise.contact_name, enterprise.contact_phone) if part)
    form = OwnClaimForm(request.POST or None, request.FILES or None, initial={"contact": contact})
    if request.method == "POST" and form.is_valid():
        try:
            made = services.register(
                unit=services.handling_unit(enterprise),
                enterprise=enterprise,
                actor=request.actor,
                at=request.at,
                files=form.cleaned_data["uploads"],
                **form.values(),
            )
        except services.NoBureau as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"已提交，编号 {made.number}")
            return redirect("claims:own-claim", made.pk)
    return render(request, "claims/own_new.html", {"form": form, "pledges": pledges()})


@page(Permission.RAISE_CLAIM, writes=True)
def own_claim(request: PageRequest, number: int) -> HttpResponse:
    """One of the enterprise's own claims, in public wording; POST rates it."""
    known = Claim.objects.visible_to(request.actor).live().select_related("unit", "enterprise")
    found = get_object_or_404(known, pk=number)
    rated = {"satisfaction": found.satisfaction, "note": found.satisfaction_note}
    form = RateForm(request.POST or None, initial=rated)
    if request.method == "POST" and form.is_valid():
        try:
            services.rate(found, actor=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, "感谢您的评价")
        except services.NotEnded as error:
            messages.error(request, str(error))
        return redirect("claims:own-claim", found.pk)
    context = {
        "claim": found,
        "words": PUBLIC_WORDS[ClaimState(found.state)],
        "colour": COLOURS[found.state],
        "moments": public_timeline(found, request.actor),
        "attachments": Attachment.objects.of(found),
        "form": form,
        "pledges": pledges(),
        "shelves": shelves(found, request.actor),
    }
    return render(request, "claims/own.html", context)
