"""The index of the log in the database, written and read in bulk: of thousands of rows a second no object is made.

Runs only in the process that appends. Statements are built from the tables' own names; values are always parameters.
"""

import itertools
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from django.db import IntegrityError, connection, models, transaction

from midun.evidence.models import Deposit, DepositRequest, Project, Tenant, Token, Usage

_DEPOSITS = Deposit._meta.db_table
_COLUMNS = (
    "number",
    "tenant_id",
    "commitment",
    "prefix",
    "kind",
    "claimed_at",
    "accepted_at",
    "project_id",
    "label",
    "recovered",
)
_TYPES = ("int8", "int8", "bytea", "int8", "int2", "int8", "timestamptz", "int8", "varchar", "bool")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WIDTHS = {"i8": 8, "i2": 2, "V64": 64, "i1": 1}
_FIELDS = ("i8", "i8", "V64", "i8", "i2", "i8", "i8", "", "0", "i1")
"""The columns in PostgreSQL's binary form; a row without project and label has a fixed length."""

_TUPLE = np.dtype(
    [("fields", ">i2")]
    + [
        part
        for at, kind in enumerate(_FIELDS)
        for part in [
            (f"l{at}", ">i4"),
            *([(f"f{at}", f">{kind}" if kind != "V64" else kind)] if kind in _WIDTHS else []),
        ]
    ]
)
_PRAGMAS = ("PRAGMA cache_size = -131072", "PRAGMA wal_autocheckpoint = 8000")
"""Up to 128 MB; and pages that many batches change go from the journal to their place less often (after 32 MB)."""
_COPY_HEAD, _COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def prepare_connection() -> None:
    """Let SQLite keep the pages of the index in memory: commitments are random, each row touches a page of its own.

    With the 2 MB it has by default, it writes and reads such a page several times in one batch. PostgreSQL has its own.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for pragma in _PRAGMAS:
                cursor.execute(pragma)


@dataclass(slots=True)
class Rows:
    """Deposits to be written, by column: thousands in a batch, and no object for one."""

    numbers: Sequence[int] = ()
    prefixes: Sequence[int] = ()
    tenants: list[int] = field(default_factory=list)
    commitments: list[bytes] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    claimed_at: list[int] = field(default_factory=list)
    projects: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        """How many."""
        return len(self.commitments)


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant as the engine sees it."""

    key: bytes
    per_day: int
    per_minute: int


def accounts() -> dict[int, Account]:
    """Every tenant."""
    rows = Tenant.objects.unscoped("the engine serves all tenants").values_list("pk", "key", "per_day", "per_minute")
    return {pk: Account(bytes(key), per_day, per_minute) for pk, key, per_day, per_minute in rows}


def account(tenant: int) -> Account | None:
    """One tenant."""
    rows = Tenant.objects.unscoped("the engine serves all tenants").filter(pk=tenant)
    row = rows.values_list("key", "per_day", "per_minute").first()
    return Account(bytes(row[0]), row[1], row[2]) if row else None


def first_of(wanted: Mapping[int, Sequence[bytes]]) -> dict[int, dict[bytes, int]]:
    """The numbers of those commitments, by tenant, that were deposited before: one query for each tenant."""
    return {
        tenant: {commitments[at]: number for number, at in _look_up(tenant, commitments)}
        for tenant, commitments in wanted.items()
    }


_COUNT = f"""
INSERT INTO {Usage._meta.db_table} (tenant_id, day, entries) VALUES (%s, %s, %s)
ON CONFLICT (tenant_id, day) DO UPDATE SET entries = {Usage._meta.db_table}.entries + excluded.entries
"""  # noqa: S608  # constants only
_FIND = f"""
WITH asked AS (SELECT %s::bigint AS tenant, %b::bytea AS all_of_them)
SELECT found.number, at FROM asked, generate_series(0, %s - 1) AS at CROSS JOIN LATERAL (
    SELECT number FROM {_DEPOSITS}
    WHERE tenant_id = asked.tenant AND commitment = substr(asked.all_of_them, at * 64 + 1, 64) OFFSET 0
) AS found
"""  # noqa: S608  # constants only
_FIND_SQLITE = f"""
WITH RECURSIVE place(at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM place WHERE at + 1 < %s)
SELECT d.number, place.at FROM place CROSS JOIN {_DEPOSITS} AS d
WHERE d.tenant_id = %s AND d.commitment = substr(%s, place.at * 64 + 1, 64)
"""  # noqa: S608  # constants only
"""All commitments travel as one value and are cut in the database; the join's order is prescribed, so that each is
looked up in the unique index whatever the planner believes."""


def _look_up(tenant: int, commitments: Sequence[bytes]) -> Iterable[tuple[int, int]]:
    """Pairs of a deposit's number and the place of its commitment in `commitments`."""
    whole = b"".join(commitments)
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_FIND_SQLITE, (len(commitments), tenant, whole))
            return cursor.fetchall()  # type: ignore[no-any-return]  # the database's own tuples
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:  # Django's own would write the values into the text
        return cursor.execute(_FIND, (tenant, whole, len(commitments))).fetchall()  # type: ignore[no-any-return]  # as above


def earlier_requests(keys: Sequence[bytes]) -> dict[bytes, tuple[bytes, list[int]]]:
    """Body digest and deposits of requests made before with these keys."""
    if not keys:
        return {}
    rows = DepositRequest.objects.unscoped("the engine serves all tenants").filter(pk__in=keys)
    return {bytes(k): (bytes(b), unpacked(bytes(n))) for k, b, n in rows.values_list("key", "body", "numbers")}


def packed(numbers: Sequence[int]) -> bytes:
    """Numbers, 8 bytes each."""
    return struct.pack(f">{len(numbers)}Q", *numbers)


def unpacked(data: bytes) -> list[int]:
    """The numbers again."""
    return list(struct.unpack(f">{len(data) // 8}Q", data))


def projects_of(wanted: set[int]) -> dict[int, int]:
    """Which of these projects exist: primary key → enterprise."""
    if not wanted:
        return {}
    rows = Project.objects.unscoped("the engine serves all tenants").filter(pk__in=wanted)
    return dict(rows.values_list("pk", "enterprise_id"))


def enterprise_of(tenant: int) -> int | None:
    """The enterprise a tenant is."""
    rows = Tenant.objects.unscoped("the engine serves all tenants").filter(pk=tenant)
    found: int | None = rows.values_list("enterprise_id", flat=True).first()
    return found


def used_on(tenant: int, day: date) -> int:
    """How many entries a tenant has deposited on a day."""
    rows = Usage.objects.unscoped("the engine serves all tenants").filter(tenant_id=tenant, day=day)
    return int(rows.values_list("entries", flat=True).first() or 0)


def next_number(log: int) -> int:
    """The number behind the newest row of a log."""
    rows = Deposit.objects.unscoped("the engine serves all tenants").filter(pk__gte=log << 40, pk__lt=(log + 1) << 40)
    newest = rows.aggregate(models.Max("pk"))["pk__max"]
    return (log << 40) if newest is None else int(newest) + 1


@dataclass(slots=True)
class Written:
    """What one batch changes in the database."""

    rows: Rows
    at: datetime
    day: date
    requests: list[tuple[bytes, int, bytes, bytes]]
    tokens: set[int]
    recovered: bool = False


def write(batch: Written) -> None:
    """Write a batch in one transaction, durable when it returns."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            _insert(cursor, batch)
            _count(cursor, batch)
        if batch.requests:
            DepositRequest.objects.unscoped("the engine serves all tenants").bulk_create(
                [DepositRequest(key=k, tenant_id=t, body=b, numbers=n, at=batch.at) for k, t, b, n in batch.requests]
            )
        if batch.tokens:
            Token.objects.unscoped("the engine serves all tenants").filter(pk__in=batch.tokens).update(used_at=batch.at)


def _insert(cursor: Any, batch: Written) -> None:
    if not len(batch.rows):
        return
    names = ", ".join(_COLUMNS)
    if connection.vendor == "postgresql":
        _check_tenants(cursor, set(batch.rows.tenants))
        with cursor.copy(f"COPY {_DEPOSITS} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            if any(batch.rows.projects) or any(batch.rows.labels):
                copy.set_types(_TYPES)
                for row in _values(batch, batch.at):
                    copy.write_row(row)
            else:
                copy.write(_plain(batch))
        return
    places = ", ".join(["%s"] * len(_COLUMNS))
    query = f"INSERT INTO {_DEPOSITS} ({names}) VALUES ({places})"  # noqa: S608  # constants only
    cursor.executemany(query, _values(batch, connection.ops.adapt_datetimefield_value(batch.at)))


def _check_tenants(cursor: Any, tenants: set[int]) -> None:
    """What a foreign key would do, once for the batch and not once for each row (half the cost of writing it)."""
    cursor.execute(f"SELECT id FROM {Tenant._meta.db_table} WHERE id = ANY(%s) FOR KEY SHARE", (list(tenants),))  # noqa: S608  # constants only
    if len(cursor.fetchall()) != len(tenants):
        raise IntegrityError("a deposit of a tenant that is not there")


def _plain(batch: Written) -> bytes:
    """Rows without project and label as PostgreSQL's COPY takes them, laid out column by column."""
    rows = batch.rows
    made = np.zeros(len(rows), _TUPLE)
    made["fields"] = len(_FIELDS)
    for at, kind in enumerate(_FIELDS):
        made[f"l{at}"] = _WIDTHS.get(kind, 0 if kind else -1)
    made["f0"], made["f1"], made["f3"] = rows.numbers, rows.tenants, rows.prefixes
    made["f2"] = np.frombuffer(b"".join(rows.commitments), "V64")
    made["f4"], made["f5"] = rows.kinds, rows.claimed_at
    made["f6"] = (batch.at - _EPOCH) // _MICROSECOND
    made["f9"] = batch.recovered
    return _COPY_HEAD + made.tobytes() + _COPY_END


def _values(batch: Written, at: object) -> Iterator[tuple[object, ...]]:
    rows, same = batch.rows, itertools.repeat
    return zip(
        rows.numbers,
        rows.tenants,
        rows.commitments,
        rows.prefixes,
        rows.kinds,
        rows.claimed_at,
        same(at),
        [project or None for project in rows.projects],
        rows.labels,
        same(batch.recovered),
        strict=False,
    )


def _count(cursor: Any, batch: Written) -> None:
    for tenant, entries in Counter(batch.rows.tenants).items():
        cursor.execute(_COUNT, (tenant, batch.day, entries))


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as a moment."""
    return datetime.fromtimestamp(seconds, UTC)
