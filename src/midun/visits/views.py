"""Pages of visits."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.claims.models import Claim
from midun.kernel.files.models import Attachment
from midun.kernel.orgs import uscc
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Stale
from midun.kernel.trail.models import Entry
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page
from midun.visits import services
from midun.visits.forms import EnterpriseForm, NeedRows, SuggestionRows, VisitFilter, VisitForm
from midun.visits.models import Rules, Visit

_FOUND = 12
LISTING = Listing(
    "visits",
    "走访调研",
    (
        ListColumn("企业", "enterprise.name", link=lambda v: v.get_absolute_url(), wide=True),
        ListColumn("日期", "day", kind="date"),
        ListColumn("方式", "get_way_display", kind="badge", colour=lambda _v: "blue"),
        ListColumn("单位", "unit.label"),
        ListColumn("走访人员", "visitors"),
        ListColumn("回访日期", "follow_up_on", kind="date", phone=False),
    ),
    VisitFilter,
    empty="还没有登记走访",
    empty_hint="走访时用手机登记企业、建议和诉求，一次提交",
)


def _rates(visits: QuerySet[Any]) -> list[tuple[str, int, int]]:
    """Σ signed over Σ should, over visits in which both were learned; never a mean of rates."""
    sums = visits.aggregate(
        a=Sum("nda_signed"), b=Sum("nda_should"), c=Sum("non_compete_signed"), d=Sum("non_compete_eligible")
    )
    learned = visits.exclude(has_rules="")
    yes, all_ = learned.filter(has_rules=Rules.YES).count(), learned.count()
    return [
        ("保密协议签约", sums["a"] or 0, sums["b"] or 0),
        ("竞业限制协议签约", sums["c"] or 0, sums["d"] or 0),
        ("保护制度建立（走访次）", yes, all_),
    ]


@page(Permission.READ_WORK, writes=True)
def visits(request: PageRequest) -> HttpResponse:
    """The list, with rates over what is filtered."""
    found = Visit.objects.visible_to(request.actor).live().select_related("unit", "enterprise")
    may = request.actor.may(Permission.RECORD_WORK)
    shown = VisitFilter(request.GET).apply(found)
    context = {"rates": _rates(shown.order_by()), "buttons": [("登记走访", "/visits/new/", "plus")] if may else []}
    return LISTING.respond(request, found, template="visits/list.html", **context)


@page(Permission.RECORD_WORK)
def search(request: PageRequest) -> HttpResponse:
    """Enterprises for the visit form, as buttons."""
    text = request.GET.get("q", "").strip()
    known = Organisation.objects.visible_to(request.actor).enterprises().active()
    found: Any = []
    if text:
        found = known.filter(Q(name__icontains=text) | Q(credit_code__startswith=uscc.normalise(text)))[:_FOUND]
    return render(request, "visits/_found.html", {"found": found, "text": text})


@page(Permission.RECORD_WORK, writes=True)
def new(request: PageRequest) -> HttpResponse:
    """The quick form: enterprise, day, who, suggestions, claims, photos in one go."""
    data, files = request.POST or None, request.FILES or None
    initial = {"day": localdate(request.at), "visitors": request.user.name}  # type: ignore[union-attr]  # our User
    form = VisitForm(data, files, actor=request.actor, initial=initial)
    which = EnterpriseForm(data, actor=request.actor, initial={"enterprise": request.GET.get("enterprise")})
    tips, needs = SuggestionRows(data, prefix="tips"), NeedRows(data, prefix="needs")
    if request.method == "POST" and all([form.is_valid(), which.is_valid(), tips.is_valid(), needs.is_valid()]):
        return redirect(_record(request, form, which, tips, needs))
    context = {"form": form, "which": which, "tips": tips, "needs": needs, "chosen": _chosen(which)}
    return render(request, "visits/form.html", context)


def _chosen(which: EnterpriseForm) -> Organisation | None:
    if which.is_bound and which.is_valid():
        return which.cleaned_data.get("found")
    return None


def _record(request: PageRequest, form: VisitForm, which: EnterpriseForm, tips: Any, needs: Any) -> Visit:
    unit = get_object_or_404(
        Organisation.objects.visible_to(request.actor).select_related("jurisdiction"), pk=request.actor.organisation_id
    )
    data = which.cleaned_data
    enterprise = data.get("found") or services.enterprise_of(
        unit=unit, name=data["name"], credit_code=data["credit_code"], actor=request.actor, at=request.at
    )
    visit = services.record_visit(
        unit=unit,
        enterprise=enterprise,
        actor=request.actor,
        at=request.at,
        suggestions=[row for row in tips.cleaned_data if row.get("text")],
        needs=[row for row in needs.cleaned_data if row.get("title")],
        files=form.cleaned_data["uploads"],
        **form.values(),
    )
    messages.success(request, "已登记走访")
    return visit


@page(Permission.READ_WORK)
def visit(request: PageRequest, number: int) -> HttpResponse:
    """One visit."""
    known = Visit.objects.visible_to(request.actor).select_related("unit", "enterprise", "plan_line", "created_by")
    found = get_object_or_404(known, pk=number)
    raised = Claim.objects.visible_to(request.actor).live()
    context = {
        "visit": found,
        "suggestions": services.suggestions_of(found),
        "claims": raised.filter(source_type=Visit._meta.label_lower, source_id=found.pk),
        "attachments": Attachment.objects.of(found),
        "entries": Entry.objects.about(found),
        "ours": found.unit_id == request.actor.organisation_id
        and request.actor.may(Permission.RECORD_WORK)
        and found.voided_at is None,
    }
    return render(request, "visits/visit.html", context)


def _ours(request: PageRequest, number: int) -> Visit:
    known = Visit.objects.visible_to(request.actor).filter(unit_id=request.actor.organisation_id, voided_at=None)
    found: Visit = get_object_or_404(known.select_related("unit", "enterprise"), pk=number)
    if not request.actor.may(Permission.RECORD_WORK):
        raise Http404
    return found


@page(Permission.RECORD_WORK, writes=True)
def edit(request: PageRequest, number: int) -> HttpResponse:
    """Change a visit of one's own unit."""
    found = _ours(request, number)
    form = VisitForm(request.POST or None, request.FILES or None, actor=request.actor, instance=_ours(request, number))
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
    context = {"form": form, "title": f"修改：{found}", "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.RECORD_WORK, writes=True)
def void(request: PageRequest, number: int) -> HttpResponse:
    """Void a visit with a reason."""
    found = _ours(request, number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"][:300]
        try:
            services.void(found, version=found.version, reason=reason, actor=request.actor, at=request.at)
        except (Stale, services.Voided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已作废，不再计入统计；其中的意见建议一并作废，诉求继续办理")
            return redirect("visits:visits")
    context = {"form": form, "title": f"作废：{found}", "submit": "作废", "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)
