"""The index of the log in the database, written and read in bulk: of thousands of rows a second no object is made.

Runs only in the process that appends. Statements are built from the tables' own names; values are always parameters.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, models, transaction

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
_AT_ONCE = 500


@dataclass(slots=True)
class Row:
    """A deposit to be written."""

    number: int
    tenant: int
    commitment: bytes
    prefix: int
    kind: int
    claimed_at: int
    project: int
    label: str


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


def first_of(wanted: dict[int, list[bytes]]) -> dict[tuple[int, bytes], int]:
    """The numbers of those commitments, by tenant, that were deposited before."""
    found: dict[tuple[int, bytes], int] = {}
    with connection.cursor() as cursor:
        for tenant, commitments in wanted.items():
            for at in range(0, len(commitments), _AT_ONCE):
                some = commitments[at : at + _AT_ONCE]
                for number, commitment in _look_up(cursor, tenant, some):
                    found[tenant, bytes(commitment)] = number
    return found


def _look_up(cursor: Any, tenant: int, commitments: Sequence[bytes]) -> Iterable[tuple[int, bytes]]:
    if connection.vendor == "postgresql":
        query = f"SELECT number, commitment FROM {_DEPOSITS} WHERE tenant_id = %s AND commitment = ANY(%s)"  # noqa: S608  # constants only
        cursor.execute(query, (tenant, list(commitments)))
    else:
        places = ", ".join(["%s"] * len(commitments))
        query = f"SELECT number, commitment FROM {_DEPOSITS} WHERE tenant_id = %s AND commitment IN ({places})"  # noqa: S608  # constants only
        cursor.execute(query, (tenant, *commitments))
    return cursor.fetchall()  # type: ignore[no-any-return]  # the database's own tuples


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

    rows: list[Row]
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
        if batch.requests:
            DepositRequest.objects.unscoped("the engine serves all tenants").bulk_create(
                [DepositRequest(key=k, tenant_id=t, body=b, numbers=n, at=batch.at) for k, t, b, n in batch.requests]
            )
        _count(batch)
        if batch.tokens:
            Token.objects.unscoped("the engine serves all tenants").filter(pk__in=batch.tokens).update(used_at=batch.at)


def _insert(cursor: Any, batch: Written) -> None:
    if not batch.rows:
        return
    names = ", ".join(_COLUMNS)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {_DEPOSITS} ({names}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(_TYPES)
            for row in batch.rows:
                copy.write_row(_values(row, batch.at, batch.recovered))
        return
    at = connection.ops.adapt_datetimefield_value(batch.at)
    places = ", ".join(["%s"] * len(_COLUMNS))
    query = f"INSERT INTO {_DEPOSITS} ({names}) VALUES ({places})"  # noqa: S608  # constants only
    cursor.executemany(query, [_values(row, at, batch.recovered) for row in batch.rows])


def _values(row: Row, at: object, recovered: bool) -> tuple[object, ...]:
    return (
        row.number,
        row.tenant,
        row.commitment,
        row.prefix,
        row.kind,
        row.claimed_at,
        at,
        row.project or None,
        row.label,
        recovered,
    )


def _count(batch: Written) -> None:
    counts: dict[int, int] = {}
    for row in batch.rows:
        counts[row.tenant] = counts.get(row.tenant, 0) + 1
    for tenant, entries in counts.items():
        rows = Usage.objects.unscoped("the engine serves all tenants")
        if not rows.filter(tenant_id=tenant, day=batch.day).update(entries=models.F("entries") + entries):
            rows.create(tenant_id=tenant, day=batch.day, entries=entries)


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as a moment."""
    return datetime.fromtimestamp(seconds, UTC)
