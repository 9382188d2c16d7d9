"""The trail and the login history, for the auditor."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime

from midun.accounts.agents import described
from midun.directory.forms.records import LoginFilter, TrailFilter
from midun.directory.shown import Wording
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission, Role
from midun.kernel.orgs.models import LoginRecord, auditors_above
from midun.kernel.trail import anchors, chain
from midun.kernel.trail.models import Entry
from midun.kernel.trail.services import head, record, verify
from midun.kernel.trail.verbs import Verb
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page

_SHOWN_FAULTS = 20

LOGINS = Listing(
    "logins",
    "登录历史",
    (
        ListColumn("时间", "at", kind="datetime"),
        ListColumn("登录名", "username"),
        ListColumn("姓名", "user.name"),
        ListColumn(
            "结果",
            "get_outcome_display",
            kind="badge",
            colour=lambda r: {"success": "green", "unlock": "blue"}.get(r.outcome, "red"),
        ),
        ListColumn("网络地址", "ip"),
        ListColumn("常用设备", lambda r: "是" if r.device else "", phone=False),
        ListColumn("终端", lambda r: described(r.agent), phone=False, sort="agent"),
    ),
    LoginFilter,
    per_page=50,
    empty="没有登录记录",
)


@page(Permission.READ_LOGINS, writes=True)
def login_history(request: PageRequest) -> HttpResponse:
    """Every attempt to log in as somebody of the auditor's subtree."""
    return LOGINS.respond(request, LoginRecord.objects.visible_to(request.actor).select_related("user"))


def _role(entry: Entry) -> str:
    """The role acted in; the platform itself and people outside any membership have none."""
    return Role(entry.role).label if entry.membership_id and entry.role in Role.values else ""


TRAIL = Listing(
    "trail",
    "操作留痕",
    (
        ListColumn("序号", "seq", kind="integer", link=lambda e: f"/directory/trail/{e.seq}/"),
        ListColumn("时间", "at", kind="datetime"),
        ListColumn("单位", "organisation"),
        ListColumn("操作人", "user_name"),
        ListColumn("角色", _role, sort="role"),
        ListColumn("行为", "get_verb_display", kind="badge", colour=lambda _e: "blue"),
        ListColumn("对象", "target_label", wide=True),
        ListColumn("理由", "reason", phone=False),
        ListColumn("摘要", lambda e: f"{e.digest[:8]}…", phone=False),
    ),
    TrailFilter,
    per_page=50,
    empty="没有留痕",
)


def entries_for(actor: Actor) -> QuerySet[Entry]:
    """Acts in the auditor's subtree; what belongs to nobody in particular is for the topmost auditors."""
    return Entry.objects.filter(
        Q(path__startswith=actor.path) | Q(path="") & ~Q(Exists(auditors_above(actor)))
    ).order_by("-seq")


@page(Permission.READ_TRAIL, writes=True)
def trail(request: PageRequest) -> HttpResponse:
    """The trail; the exports are themselves recorded. POST `jsonl` exports with digests, `verify` checks the chain."""
    action = request.POST.get("action", "")
    if action == "jsonl":
        return _exported(request)
    if action == "verify":
        return _verified(request)
    last = Entry.objects.filter(verb=Verb.TRAIL_VERIFIED).order_by("-seq").first()
    seq, digest = head()
    context = {"head_seq": seq, "head_digest": digest, "last_check": last}
    return TRAIL.respond(request, entries_for(request.actor), template="directory/trail.html", **context)


def _exported(request: PageRequest) -> HttpResponse:
    """The filtered entries, oldest first, as JSON Lines that anybody can check (docs/formats/trail.md)."""
    bar = TrailFilter(request.POST)
    found = bar.apply(entries_for(request.actor)).order_by("seq")
    until = head()[0]
    found = found.filter(seq__lte=until)
    conditions = {condition.label: condition.text for condition in bar.conditions()}
    after = {"list": "trail.jsonl", "rows": found.count(), "filter": conditions}
    record(actor=request.actor, verb=Verb.EXPORTED, target=None, at=request.at, after=after, label="操作留痕")
    answer = StreamingHttpResponse(_lines(found), content_type="application/x-ndjson; charset=utf-8")
    name = f"trail-{localtime(request.at):%Y%m%d-%H%M%S}.jsonl"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer  # type: ignore[return-value]  # a streamed answer is an answer


def _lines(found: QuerySet[Entry]) -> Iterator[bytes]:
    for entry in found.iterator(chunk_size=2000):
        yield (chain.exported(entry.hashed_fields(), entry.previous, entry.digest) + "\n").encode()


def _verified(request: PageRequest) -> HttpResponse:
    """Check the whole chain, and record that it was checked and with what result."""
    try:
        noted = anchors.read(settings.MIDUN_HOME)
    except anchors.BadAnchors as bad:
        messages.error(request, f"锚点文件已损坏：{bad}")
        return redirect("directory:trail")
    seq, digest = head()
    faults = list(verify(anchors=noted))
    after = {"entries": seq, "head": digest, "faults": len(faults)}
    record(actor=request.actor, verb=Verb.TRAIL_VERIFIED, target=None, at=request.at, after=after, label="操作留痕")
    if not faults:
        messages.success(request, f"核验通过：{seq:,} 条留痕逐条相连、未被改动，已对照 {len(noted)} 个锚点")
        return redirect("directory:trail")
    return render(request, "directory/trail_faults.html", {"faults": faults[:_SHOWN_FAULTS], "count": len(faults)})


@page(Permission.READ_TRAIL)
def entry(request: PageRequest, number: int) -> HttpResponse:
    """One entry, with before and after as a table of fields."""
    found = get_object_or_404(entries_for(request.actor), seq=number)
    context = {
        "entry": found,
        "role": _role(found),
        "changes": Wording().kept(found.target_type, found.before, found.after),
        "whole": chain.digest(found.hashed_fields(), found.previous) == found.digest,
        "earlier": entries_for(request.actor).filter(seq__lt=found.seq).first(),
        "later": entries_for(request.actor).filter(seq__gt=found.seq).order_by("seq").first(),
    }
    return render(request, "directory/entry.html", context)
