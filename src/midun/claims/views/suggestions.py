"""Suggestions: list, one, entered, corrected, voided, restored."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate

from midun.claims import services
from midun.claims.columns import SUGGESTIONS
from midun.claims.forms import SuggestionForm
from midun.claims.models import Source, Suggestion
from midun.claims.picking import EnterprisePick
from midun.claims.views.found import find_suggestion, own_unit, owns_suggestion
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Stale
from midun.kernel.trail.models import Entry
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.page import PageRequest, page


@page(Permission.READ_WORK, writes=True)
def suggestions(request: PageRequest) -> HttpResponse:
    """The list of suggestions."""
    found = Suggestion.objects.visible_to(request.actor).live().select_related("unit", "enterprise")
    may = request.actor.may(Permission.RECORD_WORK)
    buttons = [("登记意见建议", "/claims/suggestions/new/", "plus")] if may else []
    return SUGGESTIONS.respond(request, found, buttons=buttons)


@page(Permission.RECORD_WORK, writes=True)
def new_suggestion(request: PageRequest) -> HttpResponse:
    """Enter one suggestion; the enterprise may be left out."""
    today = localdate(request.at)
    initial = {"given_on": today, "source": Source.PHONE, "plan_line": request.GET.get("plan_line")}
    form = SuggestionForm(request.POST or None, actor=request.actor, today=today, initial=initial)
    pick = EnterprisePick(request.POST or None, needed=False)
    if request.method == "POST" and all([form.is_valid(), pick.is_valid()]):
        unit = own_unit(request)
        enterprise = pick.enterprise(unit=unit, actor=request.actor, at=request.at)
        made = services.suggest(unit=unit, enterprise=enterprise, actor=request.actor, at=request.at, **form.values())
        messages.success(request, "已登记")
        if told := pick.mismatch(enterprise):
            messages.info(request, told)
        return redirect(made)
    return render(request, "claims/suggestion_form.html", {"form": form, "pick": pick, "title": "登记意见建议"})


@page(Permission.READ_WORK)
def suggestion(request: PageRequest, number: int) -> HttpResponse:
    """One suggestion."""
    found = find_suggestion(request, number)
    context = {
        "suggestion": found,
        "entries": Entry.objects.about(found),
        "ours": owns_suggestion(request, found),
    }
    return render(request, "claims/suggestion.html", context)


def _ours(request: PageRequest, number: int) -> Suggestion:
    found = find_suggestion(request, number)
    if not owns_suggestion(request, found):
        raise Http404
    return found


@page(Permission.RECORD_WORK, writes=True)
def edit_suggestion(request: PageRequest, number: int) -> HttpResponse:
    """Correct a suggestion of one's own unit."""
    found, shown = _ours(request, number), _ours(request, number)
    form = SuggestionForm(request.POST or None, actor=request.actor, today=localdate(request.at), instance=shown)
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            services.change_suggestion(found, version=version, actor=request.actor, at=request.at, fields=form.values())
        except (Stale, services.SuggestionVoided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已保存")
            return redirect(found)
    return render(request, "web/form.html", {"form": form, "title": "修改意见建议", "back": found.get_absolute_url()})


def _with_reason(request: PageRequest, number: int, act: str, word: str) -> HttpResponse:
    found = _ours(request, number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        take = services.void_suggestion if act == "void" else services.restore_suggestion
        try:
            take(found, reason=form.cleaned_data["reason"][:300], actor=request.actor, at=request.at)
        except (Stale, services.SuggestionVoided) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"已{word}，{'不再' if act == 'void' else '重新'}计入统计")
            return redirect(found)
    context = {"form": form, "title": f"{word}：{found}", "submit": word, "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.RECORD_WORK, writes=True)
def void_suggestion(request: PageRequest, number: int) -> HttpResponse:
    """Void a suggestion: it no longer counts."""
    return _with_reason(request, number, "void", "作废")


@page(Permission.RECORD_WORK, writes=True)
def restore_suggestion(request: PageRequest, number: int) -> HttpResponse:
    """Take a voiding back."""
    return _with_reason(request, number, "restore", "恢复")
