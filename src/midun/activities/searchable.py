"""What the public search finds of activities."""

from typing import Any

from django.db.models import QuerySet

from midun.activities.models import Activity
from midun.kernel.search.registry import Document, searchable


def on_portal() -> QuerySet[Any]:
    """Activities that an officer put on the portal, and that are not voided."""
    found: QuerySet[Any] = Activity.objects.unscoped("published to everybody").live()
    return found.filter(published_at__isnull=False).select_related("unit")


@searchable(Activity, on_portal)
def activity(item: Activity) -> Document:
    """Title, place, what kind of event, and the summary: nothing of those who took part."""
    text = f"{item.summary} {item.place} {item.get_kind_display()}"
    return Document("服务月活动", item.title, text, item.unit.label, item.day)
