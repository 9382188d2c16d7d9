"""What the public search finds of publicity."""

from midun.kernel.search.registry import Document, searchable
from midun.publicity.models import NewsItem, Resource, TypicalCase


@searchable(NewsItem, lambda: NewsItem.objects.on_portal().select_related("unit"))
def news(item: NewsItem) -> Document:
    """Title, medium and summary."""
    return Document("宣传报道", item.title, f"{item.summary} {item.medium}", item.unit.label, item.day)


@searchable(TypicalCase, lambda: TypicalCase.objects.on_portal().select_related("unit"))
def case(item: TypicalCase) -> Document:
    """The whole redacted text."""
    text = f"{item.facts}\n{item.outcome}\n{item.comment}\n{item.decided_by}"
    return Document("典型案例", item.title, text, item.unit.label, item.published_on)


@searchable(Resource, lambda: Resource.objects.on_portal().select_related("unit"))
def resource(item: Resource) -> Document:
    """Title and summary; what the files hold is not read."""
    return Document("资料下载", item.title, item.summary, item.unit.label, item.day)
