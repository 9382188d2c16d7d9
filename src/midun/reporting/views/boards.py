"""Who has handed in, is late, was returned."""

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate

from midun.campaigns.models import Campaign
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Refused
from midun.kernel.statistics.models import FormState, StatForm
from midun.kernel.statistics.services import held, reminding
from midun.kernel.web.page import PageRequest, page
from midun.reporting.services import forms_of, is_summary_of, open_forms, remind_all
from midun.reporting.views.found import STATE_COLOURS, campaign_or_404, campaigns_of, form_or_404, organises

_LATE = "late"


@dataclass(frozen=True)
class Row:
    """A form on the board: days late while it is not handed in, and how far the forms below it are."""

    form: StatForm
    words: str
    colour: str
    days_late: int
    below: int
    accepted: int
    can_remind: bool


@page(Permission.READ_WORK)
def boards(request: PageRequest) -> HttpResponse:
    """The campaigns one reports to or gathers; a single one opens at once."""
    found = list(campaigns_of(request.actor).order_by("-year", "-pk"))
    if len(found) == 1:
        return redirect("reporting:board", found[0].pk)
    return render(request, "reporting/boards.html", {"campaigns": found})


@page(Permission.READ_WORK, writes=True)
def board(request: PageRequest, number: int) -> HttpResponse:
    """The forms of a campaign; POST opens them or reminds (the organiser)."""
    campaign = campaign_or_404(request, number)
    if request.method == "POST":
        if not organises(request.actor, campaign):
            raise Refused("只有组织单位可以开启报送和催报")
        _act(request, campaign)
        return redirect("reporting:board", campaign.pk)
    rows = _rows(request, campaign)
    chosen = request.GET.get("state", "")
    context = {
        "campaign": campaign,
        "rows": [r for r in rows if chosen in ("", r.form.state) or (chosen == _LATE and r.days_late)],
        "chips": _chips(rows, chosen),
        "organises": organises(request.actor, campaign),
        "opened": bool(rows),
        "waiting": sum(r.can_remind for r in rows),
    }
    return render(request, "reporting/board.html", context)


def _act(request: PageRequest, campaign: Campaign) -> None:
    if "open" in request.POST:
        opened = open_forms(campaign, actor=request.actor, at=request.at)
        messages.success(request, f"已开启 {opened} 张统计表" if opened else "统计表都已开启，没有需要补开的")
    elif request.POST.get("form", "").isdigit():
        form = form_or_404(request, int(request.POST["form"]))
        try:
            told = reminding.remind(form, actor=request.actor, at=request.at)
        except held.NotEditable as error:
            messages.error(request, str(error))
            return
        messages.success(
            request, f"已催报{form.unit.label}" if told else f"今天已催报过{form.unit.label}，或该单位没有可通知的人员"
        )
    elif "remind" in request.POST:
        messages.success(request, f"已催报 {remind_all(campaign, actor=request.actor, at=request.at)} 个单位")
    else:
        raise Http404


def _rows(request: PageRequest, campaign: Campaign) -> list[Row]:
    forms, today = forms_of(campaign, request.actor), localdate(request.at)
    below = _below(forms)
    return [
        _row(form, campaign, today, *below.get(form.pk, (0, 0)), request.actor.organisation_id or 0) for form in forms
    ]


def _row(form: StatForm, campaign: Campaign, today: date, below: int, accepted: int, organisation: int) -> Row:
    words = "（本级）" if form.own_only else "（汇总）" if is_summary_of(form, campaign) else ""
    return Row(
        form=form,
        words=words,
        colour=STATE_COLOURS[FormState(form.state)],
        days_late=max(0, (today - form.due_on).days) if form.is_editable else 0,
        below=below,
        accepted=accepted,
        can_remind=form.is_editable and form.above_id is not None and form.reviewer_id == organisation,
    )


def _below(forms: list[StatForm]) -> dict[int, tuple[int, int]]:
    """For each form: how many go into it, and how many of them are accepted. One query."""
    found = StatForm.objects.unscoped("how far the forms below are").filter(above__in=[f.pk for f in forms])
    counted = (
        found.order_by().values_list("above").annotate(n=Count("pk"), a=Count("pk", filter=Q(state=FormState.ACCEPTED)))
    )
    return {above: (n, accepted) for above, n, accepted in counted}


def _chips(rows: list[Row], chosen: str) -> list[tuple[str, str, int, str, bool]]:
    """Filter links: value, label, how many, colour, whether chosen."""
    made = [("", "全部", len(rows), "primary", chosen == "")]
    for state in FormState:
        count = sum(r.form.state == state for r in rows)
        if count or chosen == state:
            made.append((state.value, state.label, count, STATE_COLOURS[state], chosen == state))
    late = sum(bool(r.days_late) for r in rows)
    if late or chosen == _LATE:
        made.append((_LATE, "逾期未报", late, "red", chosen == _LATE))
    return made
