"""The registry of figures: f(scope, period) -> parts, each part a query set and its measure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet, Sum

from midun.kernel.orgs.enums import OrganisationKind
from midun.kernel.orgs.models import Jurisdiction, Organisation


class UnknownFigure(Exception):
    """A form or page names a figure that no app registered."""


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both counted."""

    start: date
    end: date

    def __post_init__(self) -> None:
        """An end before the start is a programmer's mistake."""
        if self.end < self.start:
            raise ValueError("period ends before it starts")


_NOT_ENTERPRISES = [kind for kind in OrganisationKind if kind != OrganisationKind.ENTERPRISE]


@dataclass(frozen=True)
class Scope:
    """Whose records count: the subtree at `path`, or with `own_only` the units exactly at that node."""

    path: str
    own_only: bool = False

    def units(self) -> QuerySet[Organisation, Any]:
        """The organisations whose records count, for use as a sub-query.

        Enterprises are left out: they do no work of the authority, and among hundreds of thousands of them the
        database would no longer see how few units there are.
        """
        found: QuerySet[Organisation, Any] = Organisation.objects.unscoped("figures count by path").values("pk")
        found = found.filter(kind__in=_NOT_ENTERPRISES)
        if self.own_only:
            return found.filter(jurisdiction__path=self.path)
        return found.filter(jurisdiction__path__startswith=self.path)

    def condition(self, unit: str = "unit") -> Q:
        """The condition on a record whose foreign key `unit` names the doing organisation."""
        return Q() if self._is_everything() else Q(**{f"{unit}__in": self.units()})

    def _is_everything(self) -> bool:
        """Whether it is the whole of the only tree, so that a condition would cost the database work for nothing."""
        if self.own_only or self.path.count(".") != 1:
            return False
        roots = Jurisdiction.objects.unscoped("figures count by path").filter(parent=None)
        return list(roots.values_list("path", flat=True)[:2]) == [self.path]


@dataclass(frozen=True)
class Rows:
    """Counts records."""

    of: str = ""

    def value(self, records: QuerySet[Any]) -> int:
        """How many there are."""
        return records.count()

    def of_values(self, values: Sequence[Any]) -> int:
        """The same from what each record contributes."""
        return len(values)


@dataclass(frozen=True)
class Total:
    """Adds up a number of the records."""

    of: str

    def value(self, records: QuerySet[Any]) -> int:
        """The sum; empty is 0."""
        return int(records.aggregate(total=Sum(self.of))["total"] or 0)

    def of_values(self, values: Sequence[Any]) -> int:
        """The same from what each record contributes."""
        return sum(value or 0 for value in values)


@dataclass(frozen=True)
class Distinct:
    """Counts different values, e.g. enterprises, however often each occurs."""

    of: str

    def value(self, records: QuerySet[Any]) -> int:
        """How many different values there are; empty ones are not counted."""
        return records.exclude(**{f"{self.of}__isnull": True}).order_by().values(self.of).distinct().count()

    def of_values(self, values: Sequence[Any]) -> int:
        """The same from what each record contributes."""
        return len({value for value in values if value is not None})


Measure = Rows | Total | Distinct


@dataclass(frozen=True)
class Column:
    """A column of the drill-down list: title, and a dotted attribute path or a function of the record."""

    title: str
    value: str | Callable[[Any], object]

    def of(self, record: object) -> object:
        """The cell for one record; methods (`get_kind_display`) are called, missing links give an empty cell."""
        if callable(self.value):
            return self.value(record)
        found: Any = record
        for name in self.value.split("."):
            found = getattr(found, name, None)
            if found is None:
                return ""
        return found() if callable(found) else found


@dataclass(frozen=True)
class Part:
    """Some records and how they are measured. `columns` show them; `select` names the joins the list needs.

    `fast`, where given, computes the same value from exact aggregates (proved equal to the records by tests).
    """

    label: str
    records: QuerySet[Any]
    measure: Measure
    columns: Sequence[Column]
    select: Sequence[str] = ()
    fast: Callable[[], int] | None = None

    def value(self) -> int:
        """The number this part contributes."""
        return self.fast() if self.fast is not None else self.measure.value(self.records)

    def recount(self) -> int:
        """The number straight from the records, whatever `fast` says."""
        return self.measure.value(self.records)

    def measured(self, limit: int) -> list[tuple[int, Any]] | None:
        """`(key, what it contributes)` of every record, by key; None when there are more than `limit`."""
        names = ("pk", self.measure.of) if self.measure.of else ("pk",)
        found = list(self.records.order_by().values_list(*names)[: limit + 1])
        if len(found) > limit:
            return None
        return sorted(((row[0], row[1] if self.measure.of else 1) for row in found), key=lambda pair: pair[0])

    def listed(self) -> QuerySet[Any]:
        """The records for a list, with their joins."""
        return self.records.select_related(*self.select) if self.select else self.records


@dataclass(frozen=True)
class Figure:
    """A number that can show its records. `additive` figures sum over units; distinct ones do not."""

    name: str
    label: str
    unit: str
    additive: bool
    parts: Callable[[Scope, Period], Sequence[Part]] = field(repr=False)
    rule: str = ""

    def value(self, scope: Scope, period: Period) -> int:
        """The number for a scope and period: the sum of its parts."""
        return sum(part.value() for part in self.parts(scope, period))

    def listed_value(
        self, scope: Scope, period: Period, *, limit: int
    ) -> tuple[int, list[tuple[int, list[tuple[int, Any]]]]]:
        """The number, and for each part of at most `limit` records `(part, [(key, contribution), …])`.

        Where the records are listed the number is made from that very list, so that both always agree.
        """
        total, kept = 0, []
        for n, part in enumerate(self.parts(scope, period)):
            rows = part.measured(limit)
            if rows is None:
                total += part.value()
                continue
            total += part.measure.of_values([value for _, value in rows])
            kept.append((n, rows))
        return total, kept


_FIGURES: dict[str, Figure] = {}


def figure(
    name: str, *, label: str, unit: str, additive: bool, rule: str = ""
) -> Callable[[Callable[[Scope, Period], Sequence[Part]]], Figure]:
    """Register the decorated function as the figure `name`; `rule` says in one sentence how it is counted."""

    def register(parts: Callable[[Scope, Period], Sequence[Part]]) -> Figure:
        if name in _FIGURES and _FIGURES[name].parts.__module__ != parts.__module__:
            raise ValueError(f"figure {name} is registered twice")
        _FIGURES[name] = Figure(name, label, unit, additive, parts, rule)
        return _FIGURES[name]

    return register


def get(name: str) -> Figure:
    """The figure of that name; raises `UnknownFigure`."""
    try:
        return _FIGURES[name]
    except KeyError:
        raise UnknownFigure(name) from None


def all_figures() -> list[Figure]:
    """Every registered figure, by name."""
    return [_FIGURES[name] for name in sorted(_FIGURES)]
