"""Five kinds of record through the same few pages."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Stale
from midun.kernel.trail.models import Entry
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.page import PageRequest, page
from midun.publicity import services
from midun.publicity.forms import ReturnForm, ReviewForm, WithdrawForm
from midun.publicity.kinds import KINDS, Kind
from midun.publicity.models import CaseState, TypicalCase
from midun.publicity.views.found import find, find_ours, is_ours

_DRAFT = (CaseState.DRAFT, CaseState.RETURNED, CaseState.WITHDRAWN)


@page(Permission.READ_WORK, writes=True)
def records(request: PageRequest, slug: str) -> HttpResponse:
    """The list of one kind."""
    kind = KINDS[slug]
    rows: Any = kind.model
    found = rows.objects.visible_to(request.actor).live().select_related("unit")
    if kind.model is TypicalCase:
        found = found.select_related("reviewed_by")
    may = request.actor.may(Permission.RECORD_WORK)
    buttons = [(f"登记{kind.word}", f"{kind.list_url}new/", "plus")] if may else []
    return kind.listing.respond(request, found, buttons=buttons)


@page(Permission.RECORD_WORK, writes=True)
def new(request: PageRequest, slug: str) -> HttpResponse:
    """A new record of one kind."""
    kind, today = KINDS[slug], localdate(request.at)
    initial = {"day": today, "sent_on": today, "year": today.year, "plan_line": request.GET.get("plan_line")}
    form = kind.form(request.POST or None, request.FILES or None, actor=request.actor, today=today, initial=initial)
    if request.method == "POST" and form.is_valid():
        unit = get_object_or_404(Organisation.objects.visible_to(request.actor), pk=request.actor.organisation_id)
        files = form.cleaned_data["uploads"]
        try:
            made: Any = services.add(
                kind.model, unit=unit, actor=request.actor, at=request.at, files=files, **form.values()
            )
        except services.DuplicateLink as error:
            form.add_error("link", str(error))
        else:
            messages.success(request, f"已登记：{made}")
            return redirect(str(made.get_absolute_url()))
    context = {"form": form, "title": f"登记{kind.word}", "back": kind.list_url, "draft": f"publicity-{slug}"}
    return render(request, "web/form.html", context)


def _rows(request: PageRequest, kind: Kind, record: Any) -> list[tuple[str, object]]:
    fields = kind.form(actor=request.actor, today=localdate(request.at)).fields
    return [(str(f.label), _shown(record, name)) for name, f in fields.items() if name not in ("uploads", "version")]


def _shown(record: Any, name: str) -> object:
    display = getattr(record, f"get_{name}_display", None)
    return display() if display else getattr(record, name)


def _review(request: PageRequest, case: TypicalCase) -> dict[str, Any]:
    """What the page of a case has beyond that of other records."""
    reviews = request.actor.may(Permission.REVIEW_CASE)
    return {
        "case": case,
        "traces": services.case_traces(case) if case.state != CaseState.PUBLISHED else [],
        "may_review": reviews and request.actor.user_id not in services.authors_of(case),
        "may_withdraw": reviews,
        "review": ReviewForm(initial={"version": case.version}),
        "return_form": ReturnForm(initial={"version": case.version}),
        "withdraw_form": WithdrawForm(),
    }


@page(Permission.READ_WORK)
def detail(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """One record."""
    kind = KINDS[slug]
    found = find(request, kind, number)
    live, publishes = found.voided_at is None, request.actor.may(Permission.PUBLISH)
    shown = getattr(found, "published_at", None) is not None
    case = found if isinstance(found, TypicalCase) else None
    context = {
        "record": found,
        "kind": kind,
        "rows": _rows(request, kind, found),
        "attachments": Attachment.objects.of(found),
        "entries": Entry.objects.about(found),
        "ours": is_ours(request, found),
        "editable": live and (case is None or case.state in _DRAFT) and (publishes or not shown),
        "voidable": live and not shown and (case is None or case.state in _DRAFT),
        "may_publish": kind.portal and publishes and live,
        "may_show_files": kind.portal and publishes and live and is_ours(request, found),
        **(_review(request, case) if case else {}),
    }
    return render(request, "publicity/detail.html", context)


@page(Permission.RECORD_WORK, writes=True)
def edit(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """Edit a record of one's own unit."""
    kind, today = KINDS[slug], localdate(request.at)
    found, shown = find_ours(request, kind, number), find_ours(request, kind, number)
    form = kind.form(request.POST or None, request.FILES or None, actor=request.actor, today=today, instance=shown)
    if request.method == "POST" and form.is_valid():
        version, files = form.cleaned_data["version"], form.cleaned_data["uploads"]
        try:
            services.change(
                found, version=version, actor=request.actor, at=request.at, fields=form.values(), files=files
            )
        except (Stale, services.CaseLocked, services.Voided, services.DuplicateLink) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已保存")
            return redirect(found)
    context = {"form": form, "title": f"修改{kind.word}", "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


def _with_reason(request: PageRequest, slug: str, number: int, act: str, word: str) -> HttpResponse:
    found = find_ours(request, KINDS[slug], number)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"][:300]
        take = services.void if act == "void" else services.restore
        try:
            take(found, version=found.version, reason=reason, actor=request.actor, at=request.at)
        except (
            Stale,
            services.Voided,
            services.OnPortal,
            services.CaseLocked,
            services.DuplicateLink,
        ) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"已{word}，{'不再' if act == 'void' else '重新'}计入统计")
            return redirect(found)
    context = {"form": form, "title": f"{word}：{found}", "submit": word, "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.RECORD_WORK, writes=True)
def void(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """Void a record with a reason."""
    return _with_reason(request, slug, number, "void", "作废")


@page(Permission.RECORD_WORK, writes=True)
def restore(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """Take a voiding back."""
    return _with_reason(request, slug, number, "restore", "恢复")


@page(Permission.PUBLISH, writes=True)
def portal(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """Put a news item or resource on the portal (`show=1`) or take it off."""
    found = find(request, KINDS[slug], number)
    if request.method == "POST":
        show = request.POST.get("show") == "1"
        try:
            services.put_on_portal(found, show=show, actor=request.actor, at=request.at)
            messages.success(request, "已上线，公众可见" if show else "已下线")
        except (Stale, services.Voided, services.NothingToShow) as error:
            messages.error(request, str(error))
    return redirect(found)


@page(Permission.PUBLISH, writes=True)
def show_file(request: PageRequest, slug: str, number: int, file: int) -> HttpResponse:
    """Say whether the public sees a file together with its record (`public=1`)."""
    found = find_ours(request, KINDS[slug], number)
    attachment = get_object_or_404(Attachment.objects.of(found), pk=file)
    if request.method == "POST":
        public = request.POST.get("public") == "1"
        services.show_file(found, attachment=attachment, public=public, actor=request.actor, at=request.at)
        messages.success(request, "该附件随记录公开" if public else "该附件不再公开")
    return redirect(found)


@page(Permission.RECORD_WORK, writes=True)
def remove_file(request: PageRequest, slug: str, number: int, file: int) -> HttpResponse:
    """Take a file off a record with a reason."""
    found = find_ours(request, KINDS[slug], number)
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
