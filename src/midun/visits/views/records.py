"""The visit: list, quick form, page, correction, voiding, what was found."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.claims.columns import COLOURS
from midun.claims.picking import EnterprisePick
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Stale
from midun.kernel.trail.models import Entry
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page
from midun.visits import services
from midun.visits.forms import NeedRows, SuggestionRows, VisitFilter, VisitForm
from midun.visits.models import Visit, Way

LISTING = Listing(
    "visits",
    "走访调研",
    (
        ListColumn("企业", "enterprise.name", link=lambda v: v.get_absolute_url(), wide=True),
        ListColumn("统一社会信用代码", "enterprise.credit_code", listed=False),
        ListColumn("日期", "day", kind="date"),
        ListColumn("方式", "get_way_display", kind="badge", colour=lambda _v: "blue"),
        ListColumn("单位", "unit.label"),
        ListColumn("走访人员", "visitors"),
        ListColumn("地点", "place", listed=False),
        ListColumn("对应安排", "plan_line", listed=False),
        ListColumn("商业秘密数", "secrets", kind="integer", listed=False),
        ListColumn("专利数", "patents", kind="integer", listed=False),
        ListColumn("保密协议已签人数", "nda_signed", kind="integer", listed=False),
        ListColumn("保密协议应签人数", "nda_should", kind="integer", listed=False),
        ListColumn("竞业限制已签人数", "non_compete_signed", kind="integer", listed=False),
        ListColumn("竞业限制适用人数", "non_compete_eligible", kind="integer", listed=False),
        ListColumn("保护制度", "get_has_rules_display", listed=False),
        ListColumn("走访情况", "summary", listed=False),
        ListColumn("回访日期", "follow_up_on", kind="date", phone=False),
    ),
    VisitFilter,
    empty="还没有登记走访",
    empty_hint="走访时用手机登记企业、建议和诉求，一次提交",
)


@page(Permission.READ_WORK, writes=True)
def visits(request: PageRequest) -> HttpResponse:
    """The list."""
    found = Visit.objects.visible_to(request.actor).live().select_related("unit", "enterprise", "plan_line")
    buttons = [("底数汇总", "/visits/baseline/", "chart-bar")]
    if request.actor.may(Permission.RECORD_WORK):
        buttons.insert(0, ("登记走访", "/visits/new/", "plus"))
    return LISTING.respond(request, found, buttons=buttons)


def _initial(request: PageRequest) -> dict[str, Any]:
    """Today, the person who asks, and what a link to the form names (`plan_line`, `way`)."""
    way = request.GET.get("way")
    return {
        "day": localdate(request.at),
        "visitors": request.actor.user_name,
        "plan_line": request.GET.get("plan_line"),
        "way": Way.REVISIT if request.GET.get("again") else way if way in Way.values else Way.VISIT,
    }


def _asked_for(request: PageRequest) -> Organisation | None:
    """The enterprise that the link to the form names: its number, or the visit after which one goes there again."""
    again = request.GET.get("again", "")
    if again.isdigit():
        before = Visit.objects.visible_to(request.actor).filter(pk=again).select_related("enterprise").first()
        return before.enterprise if before else None
    number = request.GET.get("enterprise", "")
    known = Organisation.objects.visible_to(request.actor).enterprises()
    found: Organisation | None = known.filter(pk=number).first() if number.isdigit() else None
    return found


@page(Permission.RECORD_WORK, writes=True)
def new(request: PageRequest) -> HttpResponse:
    """The quick form: enterprise, day, who, suggestions, claims, photos in one go."""
    data, files, today = request.POST or None, request.FILES or None, localdate(request.at)
    form = VisitForm(data, files, actor=request.actor, today=today, initial=_initial(request))
    pick = EnterprisePick(data, initial=EnterprisePick.initial_of(_asked_for(request)))
    tips, needs = SuggestionRows(data, prefix="tips"), NeedRows(data, prefix="needs")
    if request.method == "POST" and all([form.is_valid(), pick.is_valid(), tips.is_valid(), needs.is_valid()]):
        return redirect(_record(request, form, pick, tips, needs))
    return render(request, "visits/form.html", {"form": form, "pick": pick, "tips": tips, "needs": needs})


def _filled(rows: Any, name: str) -> list[dict[str, Any]]:
    return [row for row in rows.cleaned_data if row.get(name)]


def _record(request: PageRequest, form: VisitForm, pick: EnterprisePick, tips: Any, needs: Any) -> Visit:
    actor, at = request.actor, request.at
    known = Organisation.objects.visible_to(actor).select_related("jurisdiction")
    unit = get_object_or_404(known, pk=actor.organisation_id)
    enterprise = pick.enterprise(unit=unit, actor=actor, at=at)
    if enterprise is None:
        raise Http404
    advice, claims = _filled(tips, "text"), _filled(needs, "title")
    visit = services.record_visit(
        unit=unit,
        enterprise=enterprise,
        actor=actor,
        at=at,
        suggestions=advice,
        needs=claims,
        files=form.cleaned_data["uploads"],
        **form.values(),
    )
    messages.success(request, f"已登记走访：建议 {len(advice)} 条，诉求 {len(claims)} 项")
    if told := pick.mismatch(enterprise):
        messages.info(request, told)
    return visit


def _find(request: PageRequest, number: int) -> Visit:
    known = Visit.objects.visible_to(request.actor).select_related("unit", "enterprise", "plan_line", "created_by")
    found: Visit = get_object_or_404(known, pk=number)
    return found


def _is_ours(request: PageRequest, visit: Visit) -> bool:
    return visit.unit_id == request.actor.organisation_id and request.actor.may(Permission.RECORD_WORK)


def _ours(request: PageRequest, number: int) -> Visit:
    found = _find(request, number)
    if not _is_ours(request, found):
        raise Http404
    return found


@page(Permission.READ_WORK)
def visit(request: PageRequest, number: int) -> HttpResponse:
    """One visit."""
    found = _find(request, number)
    context = {
        "visit": found,
        "suggestions": services.suggestions_of(found),
        "claims": [(claim, COLOURS[claim.state]) for claim in services.claims_of(found, request.actor)],
        "attachments": Attachment.objects.of(found),
        "entries": Entry.objects.about(found),
        "ours": _is_ours(request, found),
        "tips": SuggestionRows(prefix="tips"),
        "needs": NeedRows(prefix="needs"),
    }
    return render(request, "visits/visit.html", context)


@page(Permission.RECORD_WORK, writes=True)
def findings(request: PageRequest, number: int) -> HttpResponse:
    """Add suggestions and claims to a visit that was entered before."""
    found = _ours(request, number)
    if request.method != "POST":
        return redirect(found)
    tips, needs = SuggestionRows(request.POST, prefix="tips"), NeedRows(request.POST, prefix="needs")
    if not (tips.is_valid() and needs.is_valid()):
        messages.error(request, "没有保存：建议最多 500 字，诉求概要最多 100 字")
        return redirect(found)
    advice, claims = _filled(tips, "text"), _filled(needs, "title")
    try:
        services.add_findings(found, suggestions=advice, needs=claims, actor=request.actor, at=request.at)
        messages.success(request, f"已补充：建议 {len(advice)} 条，诉求 {len(claims)} 项")
    except services.Voided as error:
        messages.error(request, str(error))
    return redirect(found)


@page(Permission.RECORD_WORK, writes=True)
def edit(request: PageRequest, number: int) -> HttpResponse:
    """Change a visit of one's own unit."""
    found, shown = _ours(request, number), _ours(request, number)
    today = localdate(request.at)
    form = VisitForm(request.POST or None, request.FILES or None, actor=request.actor, today=today, instance=shown)
    if request.method == "POST" and form.is_valid():
        version, uploads = form.cleaned_data["version"], form.cleaned_data["uploads"]
        try:
            services.change(
                found, version=version, actor=request.actor, at=request.at, fields=form.values(), files=uploads
            )
        except (Stale, services.Voided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已保存")
            return redirect(found)
    return render(request, "visits/edit.html", {"form": form, "visit": found})


def _with_reason(request: PageRequest, number: int, act: str, word: str, told: str) -> HttpResponse:
    found = _ours(request, number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"][:250]
        take = services.void if act == "void" else services.restore
        try:
            take(found, version=found.version, reason=reason, actor=request.actor, at=request.at)
        except (Stale, services.Voided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, told)
            return redirect(found)
    context = {"form": form, "title": f"{word}：{found}", "submit": word, "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.RECORD_WORK, writes=True)
def void(request: PageRequest, number: int) -> HttpResponse:
    """Void a visit with a reason."""
    told = "已作废，不再计入统计；其中的意见建议一并作废，诉求继续办理"
    return _with_reason(request, number, "void", "作废", told)


@page(Permission.RECORD_WORK, writes=True)
def restore(request: PageRequest, number: int) -> HttpResponse:
    """Take a voiding back."""
    return _with_reason(request, number, "restore", "恢复", "已恢复，重新计入统计；一并作废的意见建议同时恢复")


@page(Permission.RECORD_WORK, writes=True)
def remove_file(request: PageRequest, number: int, file: int) -> HttpResponse:
    """Take a file off a visit with a reason."""
    found = _ours(request, number)
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
