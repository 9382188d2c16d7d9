"""What can be searched: every app says in `searchable.py` what a record of its tells everybody."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import QuerySet


@dataclass(frozen=True)
class Document:
    """What a public record says: the column it stands in, its title, all its text, whose it is, of which day."""

    kind: str
    title: str
    text: str
    unit: str
    day: date | None


@dataclass(frozen=True)
class Searchable:
    """A kind of record: all that are public, and what one of them says."""

    model: type[models.Model]
    public: Callable[[], QuerySet[Any]]
    document: Callable[[Any], Document]


_KINDS: dict[str, Searchable] = {}


def searchable(model: type[models.Model], public: Callable[[], QuerySet[Any]]) -> Callable[[Any], Any]:
    """Register the decorated function, which gives a record's `Document`. `public` are the records anybody may read."""

    def register(document: Callable[[Any], Document]) -> Callable[[Any], Document]:
        _KINDS[model._meta.label_lower] = Searchable(model, public, document)
        return document

    return register


def kind_of(label: str) -> Searchable | None:
    """The registered kind of that model label."""
    return _KINDS.get(label)


def all_kinds() -> dict[str, Searchable]:
    """Every registered kind by model label."""
    return dict(_KINDS)
