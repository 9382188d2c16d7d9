"""Counting anew what `counts` keeps: the proof that both are equal, and making them so.

One statement per node reads counts and records in the same snapshot, so nothing has to stand still for the proof.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, Sum

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Jurisdiction
from midun.kernel.orgs.moves import Move, after_move
from midun.kernel.statistics.counts import DEPTH, NEVER, Tally, all_tallies, steps
from midun.kernel.statistics.figures import Scope
from midun.kernel.statistics.models import DayCount
from midun.kernel.trail.services import hold, record
from midun.kernel.trail.verbs import Verb

_WHY = "recount"
SHOWN = 20
"""So many differences of a node are named one by one."""


@dataclass(frozen=True)
class Difference:
    """A count that is not what the records give: `excess` too many (too few where negative)."""

    node: str
    series: str
    day: date
    before: date
    excess: int

    def __str__(self) -> str:
        more = f"多 {self.excess}" if self.excess > 0 else f"少 {-self.excess}"
        return f"{self.node} {self.series} {self.day}：{more}"


def kept_nodes() -> list[Jurisdiction]:
    """The nodes that have counts, from the top."""
    nodes = Jurisdiction.objects.unscoped(_WHY).filter(Q(parent__isnull=True) | Q(parent__parent__isnull=True))
    return list(nodes.order_by("level", "pk"))


def differences(node: Jurisdiction, limit: int = SHOWN) -> list[Difference]:
    """Where the counts of a node are not what its records give; at most `limit` of them."""
    counted, values = _counted(node)
    table = connection.ops.quote_name(DayCount._meta.db_table)
    sql = (
        f"SELECT series, day, before, SUM(number) FROM ("  # noqa: S608  # our own names and compiled query sets
        f"SELECT series, day, before, number FROM {table} WHERE node_id = %s UNION ALL "
        f"SELECT series, day, before, -number FROM ({counted}) AS counted) AS both_ways "
        f"GROUP BY series, day, before HAVING SUM(number) <> 0 ORDER BY series, day, before LIMIT {limit:d}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [node.pk, *values])
        return [Difference(node.name, s, _day(d), _day(b), int(n)) for s, d, b, n in cursor.fetchall()]


def _day(value: date | str) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


@transaction.atomic
def rebuild(node: Jurisdiction, *, actor: Actor, at: datetime, reason: str) -> int:
    """Count a node anew; returns how many counts it now has (none below `DEPTH`). Other acts wait meanwhile."""
    hold()
    DayCount.objects.unscoped(_WHY).filter(node=node).delete()
    made = _insert(node) if len(steps(node.path)) <= DEPTH else 0
    record(actor=actor, verb=Verb.RECOUNTED, target=node, at=at, after={"counts": made}, reason=reason)
    return made


def _insert(node: Jurisdiction) -> int:
    counted, values = _counted(node)
    table = connection.ops.quote_name(DayCount._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (node_id, series, day, before, number) "  # noqa: S608  # our own names and compiled query sets
            f"SELECT %s, series, day, before, number FROM ({counted}) AS counted WHERE number <> 0",
            [node.pk, *values],
        )
        return int(cursor.rowcount)


@after_move
def follow_move(move: Move, actor: Actor, at: datetime) -> None:
    """Count anew the nodes that work left or entered, and those below a moved node whose depth decides anew."""
    nodes = Jurisdiction.objects.unscoped(_WHY)
    wanted = set(steps(move.old)[:DEPTH]) ^ set(steps(move.new)[:DEPTH])
    deeper = len(steps(move.new)) - len(steps(move.old))
    if move.subtree and deeper:
        depths = {pk: len(steps(path)) for pk, path in nodes.under(move.new).values_list("pk", "path")}
        wanted |= {pk for pk, depth in depths.items() if min(depth, depth - deeper) <= DEPTH}
    for node in nodes.filter(pk__in=wanted).order_by("pk"):
        rebuild(node, actor=actor, at=at, reason="辖区调整")


def repair(*, actor: Actor, at: datetime) -> list[Difference]:
    """Prove the counts of every node and count the wrong ones anew; returns what was wrong."""
    wrong: list[Difference] = []
    for node in kept_nodes():
        found = differences(node)
        if found:
            reason = "；".join(map(str, found))[:2000]
            rebuild(node, actor=actor, at=at, reason=f"计数与记录不符：{reason}")
        wrong += found
    return wrong


def _counted(node: Jurisdiction) -> tuple[str, list[Any]]:
    """SQL that counts a node from the records: rows of series, day, before, number."""
    parts, values = [], []
    for what in all_tallies():
        for sql, more in (*_added(what, node.path), *_different(what, node.path)):
            parts.append(sql)
            values += more
    return " UNION ALL ".join(parts), values


def _added(what: Tally, path: str) -> Iterator[tuple[str, list[Any]]]:
    """What is added up, per day."""
    by = connection.ops.quote_name(what.by)
    never = connection.ops.adapt_datefield_value(NEVER)
    for name, of in what.sums.items():
        records = what.records().filter(Scope(path).condition()).order_by().values_list(what.by, "day")
        sql, values = records.annotate(total=Sum(of) if of else Count("pk")).query.sql_with_params()
        yield (
            f"SELECT %s || {by} AS series, day, %s AS before, total AS number FROM ({sql}) AS added",  # noqa: S608  # our own names
            [what.prefix(name), never, *values],
        )


def _different(what: Tally, path: str) -> Iterator[tuple[str, list[Any]]]:
    """What is counted once: per day and the day on which the same value occurred before."""
    by = connection.ops.quote_name(what.by)
    never = connection.ops.adapt_datefield_value(NEVER)
    for name, of in what.different.items():
        value = connection.ops.quote_name(of)
        records = what.records().filter(Scope(path).condition(), **{f"{of}__isnull": False})
        sql, values = records.order_by().values_list(what.by, of, "day").distinct().query.sql_with_params()
        earlier = (
            f"SELECT {by}, day, LAG(day) OVER (PARTITION BY {by}, {value} ORDER BY day) AS before FROM ({sql}) AS days"  # noqa: S608  # our own names
        )
        counted = "SELECT %s || {by} AS series, day, COALESCE(before, %s) AS before, COUNT(*) AS number FROM"
        firsts = f"{counted.format(by=by)} ({earlier}) AS firsts GROUP BY 1, 2, 3"
        yield firsts, [what.prefix(name), never, *values]
