"""线索筛查: comparison reports on the claims of a bureau."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from midun.kernel.orgs.enums import Permission
from midun.kernel.trail.models import Entry
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page
from midun.matching import services
from midun.matching.forms import ScreeningFilter, ScreeningForm, VoidForm
from midun.matching.models import Screening
from midun.matching.views.found import find_screening, own_claims

SCREENINGS = Listing(
    "screenings",
    "线索筛查",
    (
        ListColumn("诉求", "claim.title", link=lambda s: s.get_absolute_url(), wide=True),
        ListColumn("诉求编号", "claim.number"),
        ListColumn("企业", "claim.enterprise.name"),
        ListColumn("办理单位", "unit.label"),
        ListColumn("重合情况", "said"),
        ListColumn("附入时间", "attached_at", kind="datetime", sort="attached_at"),
    ),
    filters=ScreeningFilter,
    empty="还没有附入比对报告",
    empty_hint="企业反映秘密被使用时，把双方材料的比对报告附在诉求上，作为判断线索的参考",
)


@page(Permission.SCREEN, writes=True)
def screenings(request: PageRequest) -> HttpResponse:
    """The reports attached to the claims of the actor's subtree."""
    known = Screening.objects.visible_to(request.actor).live()
    found = known.select_related("claim__enterprise", "unit").order_by("-attached_at", "-pk")
    buttons = [("附入比对报告", "/matching/screenings/new/", "plus")]
    return SCREENINGS.respond(request, found, buttons=buttons)


@page(Permission.SCREEN, writes=True)
def screening_new(request: PageRequest) -> HttpResponse:
    """Verify a report and attach its summary."""
    initial = {"claim": request.GET.get("claim")}
    form = ScreeningForm(request.POST or None, request.FILES or None, claims=own_claims(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = services.attach_report(
                said["claim"], data=said["report"], note=said["note"], actor=request.actor, at=request.at
            )
        except services.ScreeningProblem as problem:
            form.add_error("report", str(problem))
        else:
            messages.success(request, "报告核验通过，摘要已附在诉求上")
            return redirect(made)
    return render(request, "matching/screening_new.html", {"form": form})


def _show(request: PageRequest, found: Screening, form: VoidForm) -> HttpResponse:
    ours = request.actor.organisation_id in (found.unit_id, found.claim.unit_id)
    offered = form if ours and found.voided_at is None else None
    context = {"screening": found, "form": offered, "entries": Entry.objects.about(found)}
    return render(request, "matching/screening.html", context)


@page(Permission.SCREEN)
def screening(request: PageRequest, number: int) -> HttpResponse:
    """One: its share table and digests."""
    return _show(request, find_screening(request, number), VoidForm())


@page(Permission.SCREEN, writes=True)
def screening_void(request: PageRequest, number: int) -> HttpResponse:
    """Void one attached by mistake."""
    found = find_screening(request, number)
    if request.method != "POST":
        return redirect(found)
    form = VoidForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form)
    try:
        services.void_screening(found, reason=form.cleaned_data["reason"], actor=request.actor, at=request.at)
        messages.success(request, "已作废")
    except services.ScreeningProblem as problem:
        messages.error(request, str(problem))
    return redirect(found)
