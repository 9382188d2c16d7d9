"""The public's pages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from midun.kernel.files.models import Attachment
from midun.kernel.web.page import PageRequest, page
from midun.portal import column

_HOME, _PER_PAGE = 6, 15


@dataclass(frozen=True)
class Section:
    """A part of the column: its address, heading, records, and what is said when it is empty."""

    slug: str
    title: str
    records: Callable[[], QuerySet[Any]]
    day: str
    empty: str


SECTIONS = {
    s.slug: s
    for s in (
        Section("activities", "服务月活动", column.activities, "day", "暂无公开的活动"),
        Section("news", "宣传报道", column.news, "day", "暂无宣传报道"),
        Section("cases", "典型案例", column.cases, "published_on", "暂无公布的典型案例"),
        Section("downloads", "资料下载", column.resources, "day", "暂无资料"),
    )
}


@page(public=True)
def home(request: PageRequest) -> HttpResponse:
    """The month's column."""
    parts = [(section, list(section.records()[:_HOME])) for section in SECTIONS.values()]
    return render(request, "portal/home.html", {"campaign": column.campaign(), "parts": parts})


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
    """One published record with its public files."""
    found = SECTIONS[slug]
    record = get_object_or_404(found.records(), pk=number)
    files = Attachment.objects.of(record).filter(public=True)
    context = {"section": found, "record": record, "files": files, "day": getattr(record, found.day)}
    return render(request, f"portal/{slug}.html", context)


@page(public=True)
def search(request: PageRequest) -> HttpResponse:
    """Search everything published."""
    query = request.GET.get("q", "").strip()[:100]
    hits = column.search(query)
    pages = Paginator(hits, _PER_PAGE)
    shown = pages.get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    context = {
        "query": query,
        "words": column.words_of(query),
        "page": shown,
        "page_range": pages.get_elided_page_range(shown.number),
        "kept": kept.urlencode(),
    }
    return render(request, "portal/search.html", context)


_PAGES = {"about": "关于本平台", "accessibility": "适老化与无障碍", "site-map": "站点地图"}


@page(public=True)
def plain(request: PageRequest, name: str) -> HttpResponse:
    """A page of plain text: about, accessibility, site map."""
    if name not in _PAGES:
        raise Http404
    return render(request, f"portal/{name}.html", {"title": _PAGES[name], "sections": SECTIONS.values()})
