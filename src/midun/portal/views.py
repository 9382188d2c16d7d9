"""The public's pages."""

from datetime import datetime, time
from typing import Any

import segno
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.timezone import make_aware

from midun.evidence.services.checkpoints import latest_publication
from midun.kernel.files.models import Attachment
from midun.kernel.search import finding
from midun.kernel.search.tokens import words_of
from midun.kernel.web.page import PageRequest, page
from midun.portal import column
from midun.portal.column import SECTIONS

_HOME, _PER_PAGE, _FEED, _QUERY = 6, 15, 20, 100
NAME = "企业商业秘密保护公共服务平台"


@page(public=True)
def home(request: PageRequest) -> HttpResponse:
    """The month's column."""
    parts = [(section, list(section.records()[:_HOME])) for section in SECTIONS.values()]
    campaign = column.campaign()
    strands = list(campaign.strands.order_by("order")) if campaign else []
    context = {"campaign": campaign, "strands": strands, "parts": parts, "checkpoint": latest_publication()}
    return render(request, "portal/home.html", context)


@page(public=True)
def section(request: PageRequest, slug: str) -> HttpResponse:
    """Everything of one part of the column."""
    found = SECTIONS[slug]
    pages = Paginator(found.records(), _PER_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    context = {"section": found, "page": shown, "page_range": pages.get_elided_page_range(shown.number), "kept": ""}
    return render(request, "portal/section.html", context)


@page(public=True)
def article(request: PageRequest, slug: str, number: int) -> HttpResponse:
    """One published record with its public files, its neighbours, and its address to share."""
    found = SECTIONS[slug]
    record = get_object_or_404(found.records(), pk=number)
    files = list(Attachment.objects.of(record).filter(public=True))
    before, after = found.neighbours(record)
    address = settings.MIDUN_BASE_URL + request.path
    context = {
        "section": found,
        "record": record,
        "pictures": [file for file in files if file.is_image],
        "files": [file for file in files if not file.is_image],
        "before": before,
        "after": after,
        "address": address,
        "qr": segno.make(address, error="m").svg_data_uri(scale=4, border=2),
    }
    return render(request, found.template, context)


@page(public=True)
def search(request: PageRequest) -> HttpResponse:
    """Search everything published."""
    query = request.GET.get("q", "").strip()[:_QUERY]
    pages = Paginator(range(finding.count(query)), _PER_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    found = finding.find(query, start=max(shown.start_index() - 1, 0), stop=shown.end_index())
    kept = request.GET.copy()
    kept.pop("page", None)
    addresses = {kind.records().model._meta.label_lower: kind.page for kind in SECTIONS.values()}
    context = {
        "query": query,
        "words": words_of(query),
        "page": shown,
        "hits": [(hit, reverse(addresses[hit.record_type], args=(hit.record_id,))) for hit in found],
        "page_range": pages.get_elided_page_range(shown.number),
        "kept": kept.urlencode(),
    }
    return render(request, "portal/search.html", context)


@page(public=True)
def feed(request: PageRequest) -> HttpResponse:  # noqa: ARG001  # every page is called with its request
    """The newest of every part, as RSS 2.0."""
    base = settings.MIDUN_BASE_URL
    made = Rss201rev2Feed(NAME, base + "/", "服务月活动、宣传报道、典型案例和资料", language="zh-CN")
    newest: list[tuple[Any, Any]] = [(part, r) for part in SECTIONS.values() for r in part.records()[:_FEED]]
    for part, record in sorted(newest, key=lambda pair: pair[0].day_of(pair[1]), reverse=True)[:_FEED]:
        made.add_item(
            title=record.title,
            link=base + reverse(part.page, args=(record.pk,)),
            description=f"{part.title} · {record.unit.label}",
            pubdate=make_aware(datetime.combine(part.day_of(record), time())),
            categories=(part.title,),
        )
    return HttpResponse(made.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8")


_PAGES = {
    "about": ("关于本平台", "portal/about.html"),
    "accessibility": ("适老化与无障碍", "portal/accessibility.html"),
    "site-map": ("站点地图", "portal/site-map.html"),
}


@page(public=True)
def plain(request: PageRequest, name: str) -> HttpResponse:
    """A page of plain text: about, accessibility, site map."""
    if name not in _PAGES:
        raise Http404
    title, template = _PAGES[name]
    return render(request, template, {"title": title, "sections": SECTIONS.values()})
