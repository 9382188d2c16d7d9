"""What is published, in the shapes the pages need. Reads only; everything here is open to everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from midun.activities.models import Activity
from midun.campaigns.models import Campaign, CampaignState
from midun.publicity.models import NewsItem, Resource, TypicalCase

_WHY = "published to everybody"


def news() -> QuerySet[Any]:
    """News items on the portal, newest first."""
    return NewsItem.objects.on_portal().select_related("unit").order_by("-day", "-pk")


def cases() -> QuerySet[Any]:
    """Typical cases after the redaction check, newest first."""
    return TypicalCase.objects.on_portal().select_related("unit").order_by("-published_on", "-pk")


def resources() -> QuerySet[Any]:
    """Downloads, newest first."""
    return Resource.objects.on_portal().select_related("unit").order_by("-day", "-pk")


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
class Section:
    """A part of the column: its address, heading and template, its records, and what is said when it is empty.

    `day` names the date by which its records are ordered.
    """

    slug: str
    title: str
    about: str
    page: str
    template: str
    records: Callable[[], QuerySet[Any]]
    day: str
    empty: str

    def day_of(self, record: Any) -> date:
        """The date of a record."""
        found: date = getattr(record, self.day)
        return found

    def neighbours(self, record: Any) -> tuple[Any, Any]:
        """The records before and after one in the list; None at either end."""
        day, pk = self.day_of(record), record.pk
        newer = Q(**{f"{self.day}__gt": day}) | Q(**{self.day: day, "pk__gt": pk})
        older = Q(**{f"{self.day}__lt": day}) | Q(**{self.day: day, "pk__lt": pk})
        before = self.records().filter(newer).order_by(self.day, "pk").first()
        return before, self.records().filter(older).first()


SECTIONS = {
    s.slug: s
    for s in (
        Section(
            "activities",
            "服务月活动",
            "市场监管部门在服务月开展的宣传、培训、座谈、开放日等活动",
            "portal:activity",
            "portal/activities.html",
            activities,
            "day",
            "活动公开后会列在这里",
        ),
        Section(
            "news",
            "宣传报道",
            "各级媒体和市场监管部门关于企业商业秘密保护的报道",
            "portal:news-item",
            "portal/news.html",
            news,
            "day",
            "报道公开后会列在这里",
        ),
        Section(
            "cases",
            "典型案例",
            "经脱敏复核公布的侵犯商业秘密典型案例",
            "portal:case",
            "portal/cases.html",
            cases,
            "published_on",
            "案例经脱敏复核公布后会列在这里",
        ),
        Section(
            "downloads",
            "资料下载",
            "商业秘密保护的指引、范本和宣传资料",
            "portal:resource",
            "portal/downloads.html",
            resources,
            "day",
            "指引、范本公开后会列在这里",
        ),
    )
}
