"""What was done about plan lines: the apps above register the records that may point at one (in their `linked.py`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.timezone import localdate

from midun.kernel.orgs.actor import Actor


@dataclass(frozen=True)
class Kind:
    """A table whose rows have `plan_line`, `live()` and an address of their own.

    `day` names its date field (where that is empty the day of entry counts), `related` what its `str()` reads,
    `entrance` the label and address name of the form that takes `?plan_line=`.
    """

    model: Any
    label: str
    day: str
    related: tuple[str, ...]
    entrance: tuple[str, str] | None


@dataclass(frozen=True)
class Record:
    """One record that points at a line, as it is shown there."""

    kind: str
    day: date
    text: str
    url: str


_KINDS: dict[str, Kind] = {}


def register(
    model: Any, *, label: str, day: str = "day", related: tuple[str, ...] = (), entrance: tuple[str, str] | None = None
) -> None:
    """Let records of `model` show on the plan lines they point at. Registering again replaces."""
    _KINDS[model._meta.label_lower] = Kind(model, label, day, related, entrance)


def entrances() -> list[tuple[str, str]]:
    """The forms with which a record is entered for a line: label and address."""
    return [(kind.entrance[0], reverse(kind.entrance[1])) for kind in _KINDS.values() if kind.entrance]


def _pointing(kind: Kind, actor: Actor) -> Any:
    return kind.model.objects.visible_to(actor).live().filter(plan_line__isnull=False)


def has_records(actor: Actor) -> Q:
    """The condition on a plan line that at least one record the actor sees points at it."""
    found = Q(pk__in=())
    for kind in _KINDS.values():
        found |= Q(pk__in=_pointing(kind, actor).order_by().values("plan_line"))
    return found


def counts(actor: Actor, lines: Iterable[int]) -> dict[int, int]:
    """How many records point at each of `lines` (by id); lines without any are left out."""
    wanted, found = list(lines), dict[int, int]()
    for kind in _KINDS.values():
        rows = _pointing(kind, actor).filter(plan_line__in=wanted).order_by().values_list("plan_line")
        for line, count in rows.annotate(n=Count("pk")):
            found[line] = found.get(line, 0) + count
    return found


def records(actor: Actor, line: int, *, most: int = 50) -> list[Record]:
    """The records that point at a line, newest first."""
    found = []
    for kind in _KINDS.values():
        rows = _pointing(kind, actor).filter(plan_line=line).select_related(*kind.related).order_by("-pk")
        for row in rows[:most]:
            day = getattr(row, kind.day) or localdate(row.created_at)
            found.append(Record(kind.label, day, str(row), row.get_absolute_url()))
    return sorted(found, key=lambda record: record.day, reverse=True)[:most]
