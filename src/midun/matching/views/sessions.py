"""密封比对: opening a session, receiving bundles, comparing, reading the report, closing."""

import json
import uuid
from datetime import datetime
from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

import midun.kernel.documents
from midun.kernel.orgs.enums import Permission
from midun.kernel.trail.models import Entry
from midun.kernel.web.listing import ListColumn, Listing, download
from midun.kernel.web.page import PageRequest, page
from midun.lib.similarity.report.html import to_html
from midun.lib.similarity.report.pdf import to_pdf
from midun.matching import services
from midun.matching.forms import BundleForm, SessionForm
from midun.matching.models import SealedSession
from midun.matching.views.found import find_session, own_claims, own_organisation

SESSIONS = Listing(
    "sealed-sessions",
    "密封比对",
    (
        ListColumn("事由", "purpose", link=lambda s: s.get_absolute_url(), wide=True),
        ListColumn("甲方", "party_a"),
        ListColumn("乙方", "party_b"),
        ListColumn("开启时间", "opened_at", kind="datetime", sort="opened_at"),
        ListColumn("状态", "state", kind="badge", colour=lambda s: s.colour),
    ),
    empty="还没有密封比对",
    empty_hint="双方各自把材料加密给一次性会话，平台在内存中比对，随即删除材料，只留下报告",
)
FONTS = Path(midun.kernel.documents.__file__).parent / "fonts"
_SIDES, _FORMS = {"a": "甲方", "b": "乙方"}, {"pdf": "PDF", "html": "网页", "json": "JSON"}
_MIME = {"pdf": "application/pdf", "html": "text/html; charset=utf-8", "json": "application/json"}


@page(Permission.SCREEN, writes=True)
def sessions(request: PageRequest) -> HttpResponse:
    """The sessions of the actor's unit."""
    buttons = [("开启密封比对", "/matching/sealed/new/", "plus")]
    return SESSIONS.respond(request, SealedSession.objects.visible_to(request.actor), buttons=buttons)


@page(Permission.SCREEN, writes=True)
def session_new(request: PageRequest) -> HttpResponse:
    """Open one."""
    initial = {"claim": request.GET.get("claim")}
    form = SessionForm(request.POST or None, claims=own_claims(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.open_session(
                unit=own_organisation(request), actor=request.actor, at=request.at, **form.cleaned_data
            )
        except services.SessionProblem as problem:
            form.add_error(None, str(problem))
        else:
            return redirect(made)
    return render(request, "matching/session_new.html", {"form": form})


def _detail(entry: Entry) -> str:
    """Which side's bundle, or in which form the report was seen."""
    said = json.loads(entry.after) if entry.after else {}
    return _SIDES.get(str(said.get("side")), "") or _FORMS.get(str(said.get("form")), "")


@page(Permission.SCREEN)
def session(request: PageRequest, session: uuid.UUID) -> HttpResponse:
    """One: what it waits for, what may be done, and everything that was done."""
    found = find_session(request, session)
    sides = [
        ("a", "甲方", found.party_a, found.a_at, found.a_sha256, BundleForm(auto_id="a-%s")),
        ("b", "乙方", found.party_b, found.b_at, found.b_sha256, BundleForm(auto_id="b-%s")),
    ]
    context = {
        "session": found,
        "fingerprint": found.key.fingerprint,
        "sides": sides,
        "forms": _FORMS.items(),
        "open": found.waits and found.expires_at > request.at,
        "course": [(entry, _detail(entry)) for entry in Entry.objects.about(found)],
    }
    return render(request, "matching/session.html", context)


@page(Permission.SCREEN)
def session_file(request: PageRequest, session: uuid.UUID) -> HttpResponse:
    """What the parties need to seal: no secret."""
    found = find_session(request, session)
    return download(found.key.encode(), "session.json", "application/json")


@page(Permission.SCREEN, writes=True)
def receive(request: PageRequest, session: uuid.UUID, side: str) -> HttpResponse:
    """Take a party's bundle."""
    found = find_session(request, session)
    if request.method == "POST":
        form = BundleForm(request.POST, request.FILES)
        try:
            if form.is_valid():
                data = form.cleaned_data["bundle"]
                services.receive_bundle(found, side=side, data=data, actor=request.actor, at=request.at)
                messages.success(request, "已接收，仍为密文")
            else:
                messages.error(request, str(form.errors["bundle"][0]))
        except services.SessionProblem as problem:
            messages.error(request, str(problem))
    return redirect(found)


@page(Permission.SCREEN, writes=True)
def compare(request: PageRequest, session: uuid.UUID) -> HttpResponse:
    """Have it compared."""
    found = find_session(request, session)
    if request.method == "POST":
        try:
            services.start_comparison(found, actor=request.actor, at=request.at)
            messages.success(request, "已开始比对，完成后会通知")
        except services.SessionProblem as problem:
            messages.error(request, str(problem))
    return redirect(found)


@page(Permission.SCREEN, writes=True)
def report(request: PageRequest, session: uuid.UUID, form: str) -> HttpResponse:
    """The report, to save. Only by a button (POST): each look is written down."""
    found = find_session(request, session)
    if form not in _MIME:
        raise Http404
    if request.method != "POST":
        return redirect(found)
    try:
        data = services.read_report(found, form=form, actor=request.actor, at=request.at)
    except services.SessionProblem as problem:
        messages.error(request, str(problem))
        return redirect(found)
    if form != "json":
        facts = json.loads(data)
        at = datetime.fromisoformat(facts["made_at"])
        data = to_html(facts).encode() if form == "html" else to_pdf(facts, at=at, fonts=FONTS)
    return download(data, f"密封比对报告_{str(found.uuid)[:8]}.{form}", _MIME[form])


@page(Permission.SCREEN, writes=True)
def close(request: PageRequest, session: uuid.UUID) -> HttpResponse:
    """Close it."""
    found = find_session(request, session)
    if request.method == "POST":
        try:
            services.close_session(found, actor=request.actor, at=request.at)
            messages.success(request, "已关闭")
        except services.SessionProblem as problem:
            messages.error(request, str(problem))
    return redirect(found)
