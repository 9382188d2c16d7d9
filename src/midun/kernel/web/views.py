"""Pages of the house itself: files, notices, the switch of membership, saved views."""

from urllib.parse import quote, urlsplit

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control

from midun.kernel.files import store
from midun.kernel.files.models import Attachment
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import mark_read
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.web import services
from midun.kernel.web.middleware import SESSION_KEY
from midun.kernel.web.models import SavedView
from midun.kernel.web.page import PageRequest, page

_INLINE = ("image/jpeg", "image/png", "image/webp", "application/pdf")
_THUMB = 480
_NOTICES = 20


def _attachment(request: PageRequest, number: int) -> Attachment:
    found = Attachment.objects.unscoped("checked against its owner below")
    attachment: Attachment = get_object_or_404(found.select_related("blob"), pk=number, removed_at__isnull=True)
    if attachment.owner_visible_to(request.actor) is None:
        raise Http404
    return attachment


@cache_control(private=True, max_age=3600)
@page(public=True)
def attachment(request: PageRequest, number: int) -> HttpResponse:
    """One file, readable exactly when its owner is."""
    found = _attachment(request, number)
    response = HttpResponse(store.get(found.blob_id), content_type=found.blob.mime)
    how = "inline" if found.blob.mime in _INLINE else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(found.name)}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
    return response


@cache_control(private=True, max_age=86400)
@page(public=True)
def thumbnail(request: PageRequest, number: int) -> HttpResponse:
    """A small picture without metadata."""
    found = _attachment(request, number)
    if not found.is_image:
        raise Http404
    return HttpResponse(store.thumbnail(found.blob_id, width=_THUMB), content_type="image/jpeg")


def _back(request: PageRequest, default: str) -> HttpResponse:
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return redirect(target)
    return redirect(default)


@page(public=True, writes=True)
def switch_membership(request: PageRequest) -> HttpResponse:
    """Act in another of one's memberships."""
    if request.method != "POST":
        return redirect("/")
    chosen = next((m for m in request.memberships if str(m.pk) == request.POST.get("membership")), None)
    if chosen is None:
        raise Http404
    request.session[SESSION_KEY] = chosen.pk
    before = {"membership": request.actor.membership_id}
    record(actor=chosen.actor(), verb=Verb.MEMBERSHIP_SWITCHED, target=chosen, at=request.at, before=before)
    messages.success(request, f"已切换身份：{chosen}")
    return redirect("/desk/")


@page(public=True, writes=True)
def notices(request: PageRequest) -> HttpResponse:
    """The actor's notices; POST marks one (`notice`) or all as read and goes on to `next`."""
    if request.actor.is_visitor:
        return redirect("/")
    if request.method == "POST":
        one = request.POST.get("notice", "")
        mark_read(actor=request.actor, at=request.at, notice_id=int(one) if one.isdigit() else None)
        return _back(request, "web:notices")
    mine = Notice.objects.visible_to(request.actor)
    only_unread = request.GET.get("unread") == "1"
    pages = Paginator(mine.unread() if only_unread else mine, _NOTICES)
    shown = pages.get_page(request.GET.get("page"))
    context = {
        "page": shown,
        "page_range": pages.get_elided_page_range(shown.number, on_each_side=2, on_ends=1),
        "kept": "unread=1" if only_unread else "",
        "only_unread": only_unread,
    }
    return render(request, "web/notices.html", context)


@page(public=True, writes=True)
def saved_views(request: PageRequest) -> HttpResponse:
    """The actor's saved views of all lists; POST keeps, renames or drops one or makes it the default."""
    if request.actor.is_visitor:
        return redirect("/")
    if request.method == "POST":
        return _change_views(request)
    mine = SavedView.objects.visible_to(request.actor)
    return render(request, "web/saved_views.html", {"views": mine})


def _change_views(request: PageRequest) -> HttpResponse:
    actor, asked, action = request.actor, request.POST, request.POST.get("action")
    number = int(asked["view"]) if asked.get("view", "").isdigit() else 0
    try:
        if action == "keep":
            return redirect(_kept_at(request))
        if action == "rename":
            services.rename_view(actor=actor, number=number, name=asked.get("name", ""))
        elif action == "default":
            services.default_view(actor=actor, number=number)
        elif action == "drop":
            services.drop_view(actor=actor, number=number)
    except SavedView.DoesNotExist:
        raise Http404 from None
    except services.ViewRefused as refused:
        messages.error(request, str(refused))
    return redirect("web:saved-views")


def _kept_at(request: PageRequest) -> str:
    """Keep what was asked and give the address at which the list shows it."""
    asked = request.POST
    path, query = asked.get("path", ""), urlsplit("?" + asked.get("query", "")[:1000]).query
    if not url_has_allowed_host_and_scheme(path, allowed_hosts=None) or not asked.get("page"):
        raise Http404
    address = f"{path}?{query}"
    fields = {key: asked.get(key, "")[:size] for key, size in (("page", 60), ("title", 60), ("name", 30))}
    try:
        services.keep_view(actor=request.actor, path=path[:200], query=query, **fields)
    except services.ViewRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"已存为常用筛选“{fields['name'].strip()}”")
    return address


@page(public=True)
def offline(request: PageRequest) -> HttpResponse:
    """What the device shows when the server cannot be reached; fetched beforehand and kept there."""
    return render(request, "web/offline.html")


@page(public=True)
def worker(request: PageRequest) -> HttpResponse:
    """The script that keeps the offline page on the device. It stands at the root, so that it covers every page."""
    response = render(request, "web/worker.js", content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response
