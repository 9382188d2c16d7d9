"""Exact numbers of big subtrees, kept while the records change (docs/adr/0006-exact-counts-for-big-subtrees.md).

Nouns: a Tally says what is counted of one kind of record; a DayCount is how much of it there was under a node on a day.
Rules: every write that touches counted records runs inside `following`, which brings the counts along in the same
transaction; only the two highest nodes of each path have counts, smaller subtrees are counted from their records;
`recount.differences` proves counts and records equal.

Different values (家) are kept for *any* period: beside the day stands the day on which the same value occurred before.
A value's first occurrence in a period is the one whose day lies in it and whose day before does not, so the number of
different values is the sum of the counts with `start <= day <= end` and `before < start`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet, Sum

from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.statistics.models import DayCount
from midun.kernel.trail.services import hold

DEPTH = 2
"""Nodes with counts: the root and those right below it (国家 and 省; in a city's own installation 市 and 区县)."""

NEVER = date.min
"""The day before the first."""

PATH = "unit__jurisdiction__path"
_VALUES, _ROWS = 500, 150  # per statement: SQLite takes 999 parameters everywhere


@dataclass(frozen=True)
class Tally:
    """What is counted of one kind of record.

    `records` gives those that count; each has a `unit` and a `day`, and `by` divides them into series. `sums` and
    `different` say for each measure which field is added up ("" counts the records) or whose values are counted once.
    """

    name: str
    records: Callable[[], QuerySet[Any]] = field(repr=False)
    by: str
    sums: Mapping[str, str] = field(default_factory=dict)
    different: Mapping[str, str] = field(default_factory=dict)

    def prefix(self, measure: str) -> str:
        """What the series of a measure have in common."""
        return f"{self.name}.{measure}."

    def series(self, measure: str, among: Collection[str]) -> list[str]:
        """The series of a measure for some values of `by`."""
        if measure not in self.sums and measure not in self.different:
            raise KeyError(measure)
        return [f"{self.prefix(measure)}{value}" for value in among]


_TALLIES: dict[str, Tally] = {}


def tally(made: Tally) -> Tally:
    """Register what is counted, so that the recount knows it."""
    return _TALLIES.setdefault(made.name, made)


def all_tallies() -> list[Tally]:
    """Every registered tally, by name."""
    return [_TALLIES[name] for name in sorted(_TALLIES)]


class Place(NamedTuple):
    """Where a number stands."""

    node: int
    series: str
    day: date
    before: date


@dataclass(frozen=True)
class Touched:
    """What an act may change: records that are added up, and values (by key) that are counted once.

    `records` must find every record concerned, before and after the act; it may find more. With `new` it finds none
    before.
    """

    tally: Tally
    records: Q
    values: Collection[int] = ()
    new: bool = False


_FOLLOWING: ContextVar[bool] = ContextVar("following", default=False)


@contextmanager
def following(*touched: Touched) -> Iterator[None]:
    """Bring the counts along with what is written inside.

    Takes the trail's lock first: one writer at a time, so what is read before and after is what was committed and what
    this act made of it. An error inside undoes the whole act of the caller. Nesting would count a change twice and
    raises `RuntimeError`.
    """
    if _FOLLOWING.get():
        raise RuntimeError("the counts already follow this act")
    with transaction.atomic(savepoint=False):
        hold()
        before = _read(touched, new=False)
        token = _FOLLOWING.set(True)
        try:
            yield
        finally:
            _FOLLOWING.reset(token)
        after = _read(touched, new=True)
        after.subtract(before)
        _add(after)


def reader(series: Sequence[str], scope: Scope, period: Period) -> Callable[[], int] | None:
    """The sum of some series, read from the counts; None where none are kept and the records must be counted."""
    nodes = steps(scope.path)
    if scope.own_only or not 0 < len(nodes) <= DEPTH:
        return None
    kept = DayCount.objects.unscoped("figures count by path").filter(node_id=nodes[-1], series__in=series)
    within = kept.filter(day__range=(period.start, period.end), before__lt=period.start)
    return lambda: int(within.aggregate(total=Sum("number"))["total"] or 0)


def steps(path: str) -> list[int]:
    """The nodes on a path, from the root."""
    return [int(step) for step in path.split(".") if step]


def _read(touched: Sequence[Touched], *, new: bool) -> Counter[Place]:
    """What the touched records and values contribute to the counts, as they are now; with those that are new or not."""
    found: Counter[Place] = Counter()
    for one in touched:
        if new or not one.new:
            found.update(_sums(one.tally, one.records))
        values = sorted(one.values)
        for at in range(0, len(values), _VALUES):
            found.update(_firsts(one.tally, values[at : at + _VALUES]))
    return found


def _sums(what: Tally, records: Q) -> Counter[Place]:
    if not what.sums:
        return Counter()
    totals = {f"total_{name}": Sum(of) if of else Count("pk") for name, of in what.sums.items()}
    rows = what.records().filter(records).order_by().values_list(PATH, what.by, "day").annotate(**totals)
    found: Counter[Place] = Counter()
    for path, by, day, *numbers in rows:
        for name, number in zip(what.sums, numbers, strict=True):
            for node in steps(path)[:DEPTH]:
                found[Place(node, f"{what.prefix(name)}{by}", day, NEVER)] += number
    return found


def _firsts(what: Tally, values: Sequence[int]) -> Counter[Place]:
    found: Counter[Place] = Counter()
    for name, of in what.different.items():
        rows = what.records().filter(**{f"{of}__in": values}).order_by().values_list(PATH, what.by, of, "day")
        days: dict[tuple[int, str, int], set[date]] = defaultdict(set)
        for path, by, value, day in rows.distinct():
            for node in steps(path)[:DEPTH]:
                days[node, by, value].add(day)
        for (node, by, _), known in days.items():
            for before, day in pairwise([NEVER, *sorted(known)]):
                found[Place(node, f"{what.prefix(name)}{by}", day, before)] += 1
    return found


def _add(change: Counter[Place]) -> None:
    """Add the change to the counts; rows in one order, as everywhere where several are locked."""
    rows = [(*place, number) for place, number in sorted(change.items()) if number]
    table = connection.ops.quote_name(DayCount._meta.db_table)
    as_day = connection.ops.adapt_datefield_value
    with connection.cursor() as cursor:
        for at in range(0, len(rows), _ROWS):
            some = rows[at : at + _ROWS]
            marks = ", ".join(["(%s, %s, %s, %s, %s)"] * len(some))
            values = [v for node, series, day, prev, n in some for v in (node, series, as_day(day), as_day(prev), n)]
            cursor.execute(
                f"INSERT INTO {table} (node_id, series, day, before, number) VALUES {marks} "  # noqa: S608  # our own names
                "ON CONFLICT (node_id, series, day, before) "
                f"DO UPDATE SET number = {table}.number + excluded.number",
                values,
            )
