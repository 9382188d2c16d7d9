"""The import wizard: upload, preview, decide, confirm."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from midun.campaigns.annex import AnnexError
from midun.campaigns.forms import ImportForm
from midun.campaigns.models import PendingImport
from midun.campaigns.services import imports
from midun.campaigns.services.participants import possible_units
from midun.campaigns.services.preview import RowStatus
from midun.campaigns.views.found import PROBLEMS, own_campaign_or_403, say
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.page import PageRequest, page
from midun.lib.sheets import SheetError

COLOURS = {"new": "blue", "same": "secondary", "changed": "orange", "rejected": "red"}


@page(Permission.MANAGE_CAMPAIGNS, writes=True)
def import_new(request: PageRequest, number: int) -> HttpResponse:
    """Step 1: a file or pasted text."""
    campaign = own_campaign_or_403(request, number)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, text = form.cleaned_data["file"], form.cleaned_data["text"]
        try:
            source = imports.read_source(data=file.read(), name=file.name) if file else imports.read_source(text=text)
            pending = imports.open_import(
                campaign=campaign,
                source=source,
                as_pending=form.cleaned_data["as_pending"],
                actor=request.actor,
                at=request.at,
            )
        except (SheetError, AnnexError, *PROBLEMS) as problem:
            form.add_error("file" if file else "text", str(problem))
        else:
            return redirect("campaigns:preview", pending.pk)
    back = reverse("campaigns:detail", args=[campaign.pk])
    return render(request, "campaigns/import.html", {"campaign": campaign, "form": form, "back": back})


@page(Permission.MANAGE_CAMPAIGNS, writes=True)
def import_preview(request: PageRequest, number: int) -> HttpResponse:
    """Steps 2 and 3: what would change; decide about unknown units; confirm or discard."""
    visible = PendingImport.objects.visible_to(request.actor).select_related("campaign__organiser__jurisdiction")
    pending: PendingImport = get_object_or_404(visible, pk=number)
    if request.method == "POST":
        return _posted(request, pending)
    if pending.confirmed_at:
        return redirect("campaigns:plan", pending.campaign_id)
    shown = imports.preview_of(pending)
    context = {
        "pending": pending,
        "campaign": pending.campaign,
        "preview": shown,
        "rows": [
            (row, COLOURS[row.status]) for row in sorted(shown.rows, key=lambda r: r.status != RowStatus.REJECTED)
        ],
        "counts": [(s.label, COLOURS[s], shown.counts[s]) for s in RowStatus],
        "rejected": shown.counts[RowStatus.REJECTED],
        "questions": [(unknown, _choices(unknown.similar)) for unknown in shown.unknown],
        "units": _choices(possible_units(pending.campaign.organiser)) if shown.unknown else [],
        "changes": shown.counts[RowStatus.NEW] + shown.counts[RowStatus.CHANGED],
    }
    return render(request, "campaigns/preview.html", context)


def _choices(units: Sequence[Organisation]) -> list[tuple[str, str]]:
    return [(f"unit:{unit.pk}", unit.name) for unit in units]


def _posted(request: PageRequest, pending: PendingImport) -> HttpResponse:
    act, back = request.POST.get("act", ""), redirect("campaigns:preview", pending.pk)
    if act == "discard":
        imports.discard(pending=pending, actor=request.actor)
        messages.info(request, "已放弃，未导入任何内容")
        return redirect("campaigns:detail", pending.campaign_id)
    if act == "decide":
        names, choices = request.POST.getlist("name"), request.POST.getlist("choice")
        decisions = dict(zip(names, choices, strict=False))
        pending_too = "as_pending" in request.POST
        imports.decide(pending=pending, decisions=decisions, as_pending=pending_too, actor=request.actor)
        return back
    try:
        outcome = imports.confirm(
            pending=pending,
            fingerprint=request.POST.get("fingerprint", "-"),
            skip_rejected="skip_rejected" in request.POST,
            actor=request.actor,
            at=request.at,
        )
    except PROBLEMS as problem:
        say(request, problem)
        return back
    messages.success(request, _told(outcome))
    return redirect("campaigns:plan", pending.campaign_id)


def _told(outcome: imports.Outcome) -> str:
    text = f"导入完成：{outcome}"
    if outcome.created:
        text += f"；新建单位：{'、'.join(outcome.created)}"
    return text
