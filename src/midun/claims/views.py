"""Pages of the claims ledger."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.claims import services
from midun.claims.forms import (
    ClaimFilter,
    ClaimForm,
    CloseForm,
    OwnClaimForm,
    RateForm,
    RefuseForm,
    SuggestionFilter,
    SuggestionForm,
    TransferForm,
)
from midun.claims.models import Claim, ClaimState, Source, Suggestion
from midun.claims.workflow import OPEN, PUBLIC_WORDS
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page
from midun.kernel.workflow.services import ReasonMissing, WrongState

_COLOURS = {
    "registered": "blue",
    "accepted": "azure",
    "in_progress": "yellow",
    "closed": "green",
    "refused": "secondary",
}
_TOLD = (
    WrongState,
    ReasonMissing,
    services.NotOurs,
    services.BadTarget,
    services.NotOpen,
    services.NotClosed,
    services.ReasonNeeded,
)

LEDGER = Listing(
    "claims",
    "诉求台账",
    (
        ListColumn("编号", "number", link=lambda c: c.get_absolute_url()),
        ListColumn("诉求概要", "title", link=lambda c: c.get_absolute_url(), wide=True),
        ListColumn("企业", "enterprise.name"),
        ListColumn("统一社会信用代码", "enterprise.credit_code", phone=False),
        ListColumn("提出日期", "raised_on", kind="date"),
        ListColumn("来源", "get_source_display", phone=False),
        ListColumn("办理单位", "unit.label"),
        ListColumn("期限", "due_on", kind="date"),
        ListColumn("状态", "get_state_display", kind="badge", colour=lambda c: _COLOURS[c.state]),
        ListColumn("线索", lambda c: "疑似侵权" if c.is_lead else "", kind="badge", colour=lambda _c: "red"),
    ),
    ClaimFilter,
    empty="还没有登记诉求",
    empty_hint="走访、来电、站点收到的诉求都登记在这里，按工作日计算服务承诺期限",
)


def _claims(request: PageRequest) -> Any:
    return Claim.objects.visible_to(request.actor).live().select_related("unit__jurisdiction", "enterprise")


@page(Permission.READ_WORK, writes=True)
def ledger(request: PageRequest) -> HttpResponse:
    """The ledger; `overdue=1` shows what is late."""
    found = _claims(request)
    if request.GET.get("overdue"):
        found = found.filter(state__in=OPEN, due_on__lt=localdate(request.at))
    may = request.actor.may(Permission.REGISTER_CLAIM)
    buttons = [("登记诉求", "/claims/new/", "plus")] if may else []
    return LEDGER.respond(request, found, buttons=[*buttons, ("逾期未办结", "/claims/?overdue=1", "clock")])


@page(Permission.REGISTER_CLAIM, writes=True)
def new(request: PageRequest) -> HttpResponse:
    """Enter a claim for one's own unit."""
    form = ClaimForm(request.POST or None, actor=request.actor, initial={"raised_on": localdate(request.at)})
    if request.method == "POST" and form.is_valid():
        unit = get_object_or_404(Organisation.objects.visible_to(request.actor), pk=request.actor.organisation_id)
        claim = services.register(unit=unit, actor=request.actor, at=request.at, **form.cleaned_data)
        messages.success(request, f"已登记，编号 {claim.number}，服务承诺期限 {claim.due_on}")
        return redirect(claim)
    context = {"form": form, "title": "登记诉求", "back": "/claims/", "draft": "claim"}
    return render(request, "web/form.html", context)


@page(Permission.READ_WORK)
def claim(request: PageRequest, number: int) -> HttpResponse:
    """One claim with what may be done about it."""
    found = get_object_or_404(_claims(request), pk=number)
    actor = request.actor
    handles = actor.may(Permission.HANDLE_CLAIM) and found.unit_id == actor.organisation_id
    above = actor.is_above(found.unit.jurisdiction.path)
    context = {
        "claim": found,
        "entries": Entry.objects.about(found),
        "handles": handles,
        "above": above and found.is_open,
        "may_transfer": found.is_open and actor.may(Permission.HANDLE_CLAIM) and (handles or above),
        "close_form": CloseForm(),
        "refuse_form": RefuseForm(),
        "transfer_form": TransferForm(targets=services.targets(found, actor)),
        "overdue": found.is_open and found.due_on < localdate(request.at),
        "warning": services.due(found.raised_on, found.urgency).warning,
    }
    return render(request, "claims/claim.html", context)


def _acts(request: PageRequest, found: Claim, step: str) -> None:
    post, more = request.POST, {"actor": request.actor, "at": request.at}
    if step == "accept":
        services.accept(found, **more)
    elif step == "start":
        services.start(found, **more)
    elif step == "refuse":
        services.refuse(found, reason=post.get("reason", ""), reply=post.get("reply", ""), **more)
    elif step == "close":
        services.close(found, resolved=post.get("resolved") == "1", reply=post.get("reply", ""), **more)
    elif step == "remind":
        services.remind(found, **more)
    elif step == "lead":
        services.mark_lead(found, is_lead=post.get("lead") == "1", reason=post.get("reason", ""), **more)
    elif step == "transfer":
        known = Organisation.objects.visible_to(request.actor).select_related("jurisdiction")
        to = get_object_or_404(known, pk=post.get("to") if post.get("to", "").isdigit() else 0)
        services.transfer(found, to=to, reason=post.get("reason", ""), **more)
    else:
        raise Http404


@page(Permission.READ_WORK, writes=True)
def act(request: PageRequest, number: int, step: str) -> HttpResponse:
    """Take a step."""
    found = get_object_or_404(_claims(request), pk=number)
    if request.method == "POST":
        try:
            _acts(request, found, step)
            messages.success(request, "已办理")
        except _TOLD as error:
            messages.error(request, str(error))
    if step == "transfer" and not Claim.objects.visible_to(request.actor).filter(pk=number).exists():
        return redirect("claims:ledger")
    return redirect(found)


OWN = Listing(
    "own-claims",
    "我的诉求",
    (
        ListColumn("编号", "number"),
        ListColumn("诉求概要", "title", link=lambda c: f"/claims/own/{c.pk}/", wide=True),
        ListColumn("提出日期", "raised_on", kind="date"),
        ListColumn(
            "进度", lambda c: PUBLIC_WORDS[ClaimState(c.state)], kind="badge", colour=lambda c: _COLOURS[c.state]
        ),
    ),
    empty="还没有提出诉求",
    empty_hint="在商业秘密保护中遇到困难，可以在这里向属地市场监管部门提出",
)


@page(Permission.RAISE_CLAIM, writes=True)
def own(request: PageRequest) -> HttpResponse:
    """The enterprise's own claims."""
    found = Claim.objects.visible_to(request.actor).live()
    return OWN.respond(request, found, buttons=[("提出诉求", "/claims/own/new/", "plus")])


@page(Permission.RAISE_CLAIM, writes=True)
def own_new(request: PageRequest) -> HttpResponse:
    """The enterprise raises a claim; the bureau in charge of its place handles it."""
    form = OwnClaimForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        mine = Organisation.objects.visible_to(request.actor).select_related("jurisdiction")
        enterprise = get_object_or_404(mine, pk=request.actor.organisation_id)
        made = services.register(
            unit=services.handling_unit(enterprise),
            enterprise=enterprise,
            actor=request.actor,
            at=request.at,
            source=Source.ENTERPRISE,
            **form.cleaned_data,
        )
        messages.success(request, f"已提交，编号 {made.number}。我们会在 {made.due_on} 前答复。")
        return redirect("claims:own-claim", made.pk)
    intro = "提出诉求不是举报。举报侵权请拨打 12315，或通过市场监管部门公布的渠道提出。"
    context = {
        "form": form,
        "title": "提出诉求",
        "back": "/claims/own/",
        "draft": "own-claim",
        "submit": "提交",
        "intro": intro,
    }
    return render(request, "web/form.html", context)


@page(Permission.RAISE_CLAIM, writes=True)
def own_claim(request: PageRequest, number: int) -> HttpResponse:
    """One of the enterprise's own claims, in public wording; POST rates it."""
    found = get_object_or_404(Claim.objects.visible_to(request.actor).live(), pk=number)
    form = RateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.rate(found, actor=request.actor, at=request.at, **form.cleaned_data)
            messages.success(request, "感谢您的评价")
        except (services.NotClosed, Refused) as error:
            messages.error(request, str(error))
        return redirect("claims:own-claim", found.pk)
    context = {"claim": found, "words": PUBLIC_WORDS[ClaimState(found.state)], "form": form}
    return render(request, "claims/own.html", context)


SUGGESTIONS = Listing(
    "suggestions",
    "意见建议",
    (
        ListColumn("内容", "text", link=lambda s: s.get_absolute_url(), wide=True),
        ListColumn("日期", "given_on", kind="date"),
        ListColumn("主题", "get_topic_display", kind="badge", colour=lambda _s: "blue"),
        ListColumn("企业", "enterprise.name"),
        ListColumn("单位", "unit.label"),
        ListColumn("来源", "get_source_display", phone=False),
    ),
    SuggestionFilter,
    empty="还没有登记意见建议",
)


@page(Permission.READ_WORK, writes=True)
def suggestions(request: PageRequest) -> HttpResponse:
    """The list of suggestions."""
    found = Suggestion.objects.visible_to(request.actor).live().select_related("unit", "enterprise")
    may = request.actor.may(Permission.RECORD_WORK)
    buttons = [("登记意见建议", "/claims/suggestions/new/", "plus")] if may else []
    return SUGGESTIONS.respond(request, found, buttons=buttons)


@page(Permission.RECORD_WORK, writes=True)
def new_suggestion(request: PageRequest) -> HttpResponse:
    """Enter one suggestion."""
    form = SuggestionForm(request.POST or None, actor=request.actor, initial={"given_on": localdate(request.at)})
    if request.method == "POST" and form.is_valid():
        unit = get_object_or_404(Organisation.objects.visible_to(request.actor), pk=request.actor.organisation_id)
        made = services.suggest(unit=unit, actor=request.actor, at=request.at, **form.cleaned_data)
        messages.success(request, "已登记")
        return redirect(made)
    context = {"form": form, "title": "登记意见建议", "back": "/claims/suggestions/", "draft": "suggestion"}
    return render(request, "web/form.html", context)


@page(Permission.READ_WORK, writes=True)
def suggestion(request: PageRequest, number: int) -> HttpResponse:
    """One suggestion; POST voids it with a reason (own unit only)."""
    known = Suggestion.objects.visible_to(request.actor).select_related("unit", "enterprise")
    found = get_object_or_404(known, pk=number)
    ours = found.unit_id == request.actor.organisation_id and request.actor.may(Permission.RECORD_WORK)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and ours and form.is_valid():
        services.void_suggestion(found, reason=form.cleaned_data["reason"], actor=request.actor, at=request.at)
        messages.success(request, "已作废，不再计入统计")
        return redirect("claims:suggestions")
    context = {"suggestion": found, "entries": Entry.objects.about(found), "form": form if ours else None}
    return render(request, "claims/suggestion.html", context)
