"""Pages of the house itself: files, notices, the switch of membership, saved views."""

from urllib.parse import quote, urlsplit

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
from midun.kernel.web.middleware import SESSION_KEY
from midun.kernel.web.models import SavedView
from midun.kernel.web.page import PageRequest, page

_INLINE = ("image/jpeg", "image/png", "image/webp", "application/pdf")
_THUMB = 480


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
    return HttpResponse(store.thumbnail(store.get(found.blob_id), width=_THUMB), content_type="image/jpeg")


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
    record(actor=chosen.actor(), verb=Verb.MEMBERSHIP_SWITCHED, target=chosen, at=request.at)
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
    mine = Notice.objects.visible_to(request.actor)[:100]
    return render(request, "web/notices.html", {"notices": mine})


@page(public=True, writes=True)
def save_view(request: PageRequest) -> HttpResponse:
    """Keep the current filter of a list under a name, or drop one that was kept (`drop`)."""
    if request.actor.is_visitor or request.method != "POST":
        return redirect("/")
    mine = SavedView.objects.visible_to(request.actor)
    if drop := request.POST.get("drop", ""):
        mine.filter(pk=drop if drop.isdigit() else 0).delete()
        return _back(request, "/desk/")
    name, key = request.POST.get("name", "").strip()[:30], request.POST.get("page", "")[:60]
    query = urlsplit("?" + request.POST.get("query", "")[:1000]).query
    if name and key:
        mine.update_or_create(page=key, name=name, user_id=request.actor.user_id, defaults={"query": query})
    return _back(request, "/desk/")
