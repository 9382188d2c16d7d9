"""Pages of publicity: five kinds of record through the same few views, and the review of a typical case."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Stale
from midun.kernel.trail.models import Entry
from midun.kernel.web.forms import ReasonForm
from midun.kernel.web.page import PageRequest, page
from midun.kernel.workflow.services import ReasonMissing, WrongState
from midun.publicity import services
from midun.publicity.forms import ReviewForm
from midun.publicity.kinds import KINDS, Kind
from midun.publicity.models import CaseState, TypicalCase
from midun.publicity.workflow import REDACTION


def _find(request: PageRequest, kind: Kind, number: int) -> Any:
    found = kind.model.objects.visible_to(request.actor)  # type: ignore[attr-defined]  # every UnitRecord has objects
    return get_object_or_404(found.select_related("unit__jurisdiction"), pk=number)


def _address(record: Any) -> str:
    return str(record.get_absolute_url())


def _ours(request: PageRequest, record: Any) -> bool:
    """Only the unit that made a record edits it; those above read."""
    return record.unit_id == request.actor.organisation_id and request.actor.may(Permission.RECORD_WORK)


@page(Permission.READ_WORK, writes=True)
def records(request: PageRequest, slug: str) -> HttpResponse:
    """The list of one kind."""
    kind = KINDS[slug]
    found = kind.model.objects.visible_to(request.actor).live().select_related("unit")  # type: ignore[attr-defined]  # same
    if kind.model is TypicalCase:
        found = found.select_related("reviewed_by")
    buttons = (
        [(f"登记{kind.word}", f"{kind.list_url}new/", "plus")] if request.actor.may(Permission.RECORD_WORK) else []
    )
    return kind.listing.respond(request, found, buttons=buttons)


@page(Permission.RECORD_WORK, writes=True)
def new(request: PageRequest, slug: str) -> HttpResponse:
    """A new record of one kind."""
    kind = KINDS[slug]
    initial = {name: request.at.date() for name in ("day", "sent_on")} | {"year": request.at.year}
    form = kind.form(request.POST or None, request.FILES or None, actor=request.actor, initial=initial)
    if request.method == "POST" and form.is_valid():
        unit = get_object_or_404(Organisation.objects.visible_to(request.actor), pk=request.actor.organisation_id)
        files = form.cleaned_data["uploads"]
        made = services.add(kind.model, unit=unit, actor=request.actor, at=request.at, files=files, **form.values())
        messages.success(request, f"已登记：{made}")
        return redirect(_address(made))
    context = {"form": form, "title": f"登记{kind.word}", "back": kind.list_url, "draft": f"publicity-{slug}"}
    return render(request, "web/form.html", context)


@page(Permission.READ_WORK)
def detail(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """One record."""
    kind = KINDS[slug]
    found = _find(request, kind, number)
    case = found if isinstance(found, TypicalCase) else None
    context = {
        "record": found,
        "kind": kind,
        "rows": [
            (f.label, _shown(found, name))
            for name, f in kind.form(actor=request.actor).fields.items()
            if name not in ("uploads", "version")
        ],
        "attachments": Attachment.objects.of(found),
        "entries": Entry.objects.about(found),
        "ours": _ours(request, found) and found.voided_at is None,
        "editable": case is None or case.state in (CaseState.DRAFT, CaseState.RETURNED, CaseState.WITHDRAWN),
        "may_publish": kind.portal and request.actor.may(Permission.PUBLISH) and found.voided_at is None,
        "case": case,
        "traces": services.case_traces(case) if case and case.state != CaseState.PUBLISHED else [],
        "may_review": case is not None
        and request.actor.may(Permission.REVIEW_CASE)
        and request.actor.user_id not in (case.submitted_by_id, case.created_by_id),
        "review": ReviewForm(),
        "redaction": REDACTION,
    }
    return render(request, "publicity/detail.html", context)


def _shown(record: Any, name: str) -> object:
    display = getattr(record, f"get_{name}_display", None)
    return display() if display else getattr(record, name)


@page(Permission.RECORD_WORK, writes=True)
def edit(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """Edit a record of one's own unit."""
    kind = KINDS[slug]
    found = _find(request, kind, number)
    if not _ours(request, found) or found.voided_at is not None:
        raise Http404
    form = kind.form(
        request.POST or None, request.FILES or None, actor=request.actor, instance=_find(request, kind, number)
    )
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            services.change(found, version=version, actor=request.actor, at=request.at, fields=form.values())
            services.add_files(found, files=form.cleaned_data["uploads"], actor=request.actor, at=request.at)
        except (Stale, services.CaseLocked) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已保存")
            return redirect(found)
    context = {"form": form, "title": f"修改{kind.word}", "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.RECORD_WORK, writes=True)
def void(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """Void a record with a reason."""
    kind = KINDS[slug]
    found = _find(request, kind, number)
    if not _ours(request, found) or found.voided_at is not None or getattr(found, "published_at", None):
        raise Http404
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.void(
                found, version=found.version, reason=form.cleaned_data["reason"], actor=request.actor, at=request.at
            )
        except Stale as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已作废，不再计入统计")
            return redirect(kind.list_url)
    context = {"form": form, "title": f"作废：{found}", "submit": "作废", "back": found.get_absolute_url()}
    return render(request, "web/form.html", context)


@page(Permission.PUBLISH, writes=True)
def portal(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """Put a news item or resource on the portal (`show=1`) or take it off; its files go with it."""
    kind = KINDS[slug]
    found = _find(request, kind, number)
    if not kind.portal or found.voided_at is not None:
        raise Http404
    if request.method == "POST":
        try:
            services.put_on_portal(found, show=request.POST.get("show") == "1", actor=request.actor, at=request.at)
            messages.success(request, "已上线，公众可见" if request.POST.get("show") == "1" else "已下线")
        except Stale as error:
            messages.error(request, str(error))
    return redirect(found)


@page(Permission.READ_WORK, writes=True)
def case_step(request: PageRequest, number: int, step: str) -> HttpResponse:
    """Submit, return, publish or withdraw a typical case."""
    case = _find(request, KINDS["case"], number)
    if request.method != "POST" or case.voided_at is not None:
        return redirect(case)
    if step == "submit" and not _ours(request, case):
        raise Http404
    at, actor, reason = request.at, request.actor, request.POST.get("reason", "")
    steps: dict[str, Callable[[], None]] = {
        "submit": lambda: services.submit_case(case, actor=actor, at=at),
        "return": lambda: services.return_case(case, reason=reason, actor=actor, at=at),
        "publish": lambda: services.publish_case(case, checked=request.POST.getlist("checked"), actor=actor, at=at),
        "withdraw": lambda: services.withdraw_case(case, reason=reason, actor=actor, at=at),
    }
    if step not in steps:
        raise Http404
    try:
        steps[step]()
        messages.success(request, "已办理")
    except (WrongState, ReasonMissing, services.SamePerson, services.Unchecked) as error:
        messages.error(request, str(error))
    return redirect(case)
