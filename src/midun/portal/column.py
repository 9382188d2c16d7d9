"""What is published, in the shapes the pages need. Reads only; everything here is open to everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from midun.activities.models import Activity
from midun.campaigns.models import Campaign, CampaignState
from midun.publicity.models import NewsItem, Resource, TypicalCase

_WHY = "published to everybody"


def news() -> QuerySet[Any]:
    """News items on the portal, newest first."""
    return NewsItem.objects.on_portal().select_related("unit")


def cases() -> QuerySet[Any]:
    """Typical cases after the redaction check, newest first."""
    return TypicalCase.objects.on_portal().select_related("unit").order_by("-published_on", "-pk")


def resources() -> QuerySet[Any]:
    """Downloads."""
    return Resource.objects.on_portal().select_related("unit")


def activities() -> QuerySet[Any]:
    """Activities an officer put on the portal, newest first."""
    found = Activity.objects.unscoped(_WHY).live().filter(published_at__isnull=False)
    return found.select_related("unit").order_by("-day", "-pk")


def campaign() -> Campaign | None:
    """The campaign whose column this is: the running one of the highest level, else the last one that closed."""
    known = Campaign.objects.unscoped(_WHY).exclude(state=CampaignState.DRAFT)
    running = known.filter(state=CampaignState.RUNNING).order_by("level", "-start").first()
    found: Campaign | None = running or known.order_by("-end").first()
    return found


@dataclass(frozen=True)
class Hit:
    """Something found: what it is, its title, an excerpt around the first word, where it is."""

    kind: str
    title: str
    excerpt: str
    url: str
    day: date | None
    unit: str


_AROUND = 40
_PER_KIND = 50
_MAX_WORDS = 5


def words_of(text: str) -> list[str]:
    """The words of a query: split at white space, at most five, each at most 30 characters."""
    return [word[:30] for word in text.split()[:_MAX_WORDS]]


def search(text: str) -> list[Hit]:
    """Everything published in which each word occurs somewhere, newest first.

    A word is any run of characters, so Chinese needs no segmentation: 商业秘密 finds 企业商业秘密保护.
    """
    words = words_of(text)
    if not words:
        return []
    sources: Sequence[tuple[str, QuerySet[Any], tuple[str, ...], str, str]] = (
        ("活动", activities(), ("title", "place", "summary"), "day", "portal:activity"),
        ("典型案例", cases(), ("title", "facts", "outcome", "comment"), "published_on", "portal:case"),
        ("宣传报道", news(), ("title", "medium", "summary"), "day", "portal:news-item"),
        ("资料下载", resources(), ("title", "summary"), "day", "portal:resource"),
    )
    hits: list[Hit] = []
    for kind, records, fields, day, page in sources:
        for record in records.filter(_all_words(words, fields))[:_PER_KIND]:
            texts = [str(getattr(record, name) or "") for name in fields]
            url = reverse(page, args=(record.pk,))
            hits.append(Hit(kind, texts[0], excerpt(texts[1:], words), url, getattr(record, day), record.unit.label))
    return sorted(hits, key=lambda hit: hit.day or date.min, reverse=True)


def _all_words(words: Sequence[str], fields: Sequence[str]) -> Q:
    condition = Q()
    for word in words:
        somewhere = Q()
        for name in fields:
            somewhere |= Q(**{f"{name}__icontains": word})
        condition &= somewhere
    return condition


def excerpt(texts: Sequence[str], words: Sequence[str]) -> str:
    """A piece of text around the first word found, else the beginning of the first text."""
    whole = " ".join(texts)
    at = min((i for i in (whole.lower().find(w.lower()) for w in words) if i >= 0), default=0)
    start = max(0, at - _AROUND)
    piece = whole[start : at + 2 * _AROUND]
    return ("…" if start else "") + piece + ("…" if at + 2 * _AROUND < len(whole) else "")
