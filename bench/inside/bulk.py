"""Filling the product's real tables with INSERT … SELECT, and loading much of it quickly."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Field, JSONField, Model
from django.db.models.fields import NOT_PROVIDED


def insert(model: type[Model], values: Mapping[str, str], source: str) -> None:
    """`INSERT INTO model (…) SELECT … FROM source`; a field that is not named takes its default.

    `values` are SQL expressions by field name. Raises `KeyError` for a field that has neither value nor default.
    """
    fields: Sequence[Field[Any, Any]] = model._meta.concrete_fields
    unknown = set(values) - {f.name for f in fields}
    if unknown:
        raise KeyError(f"{model.__name__} has no {', '.join(sorted(unknown))}")
    columns: dict[str, str] = {}
    for field in fields:
        if field.name in values:
            columns[str(field.column)] = values[field.name]
        elif not (field.null or field.primary_key):
            columns[str(field.column)] = _default(field)
    quote = connection.ops.quote_name
    named = ", ".join(quote(c) for c in columns)
    with connection.cursor() as cursor:
        table = quote(model._meta.db_table)
        cursor.execute(f"INSERT INTO {table} ({named}) SELECT {', '.join(columns.values())} FROM {source}")  # noqa: S608  # our own names


def _default(field: "Field[Any, Any]") -> str:
    if isinstance(field, JSONField):
        return literal(json.dumps(field.get_default()))
    if field.default is not NOT_PROVIDED:
        return literal(field.get_db_prep_value(field.get_default(), connection))
    if field.empty_strings_allowed:
        return "''"
    raise KeyError(f"{field.model.__name__}.{field.name} needs a value")


def literal(value: object) -> str:
    """A value as SQL."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, str | date | datetime):
        return "'" + str(value).replace("'", "''") + "'"
    raise TypeError(f"no literal for {type(value).__name__}")


@contextmanager
def without_indexes(models: Sequence[type[Model]]) -> Iterator[None]:
    """Take the secondary indexes of these tables away, and make them again as they were: how a big load is done.

    On PostgreSQL foreign keys are not looked up meanwhile; CHECK constraints hold throughout on both.
    """
    tables = [m._meta.db_table for m in models]
    dropped = _drop_postgresql(tables) if connection.vendor == "postgresql" else _drop_sqlite(tables)
    yield
    with connection.cursor() as cursor:
        for statement in dropped:
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")
        else:
            cursor.execute("PRAGMA foreign_keys=ON")


def _drop_postgresql(tables: Sequence[str]) -> list[str]:
    plain = """
        SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
        FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u')
        WHERE i.indrelid = ANY(%s::regclass[]) AND c.oid IS NULL"""
    unique = """
        SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
        FROM pg_constraint WHERE contype = 'u' AND conrelid = ANY(%s::regclass[])"""
    again = []
    with connection.cursor() as cursor:
        cursor.execute(unique, [list(tables)])
        for table, name, definition in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            again.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
        cursor.execute(plain, [list(tables)])
        for name, definition in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
            again.append(definition)
        cursor.execute("SET session_replication_role = replica")
    return again


def _drop_sqlite(tables: Sequence[str]) -> list[str]:
    marks = ", ".join(["%s"] * len(tables))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})",  # noqa: S608  # marks
            list(tables),
        )
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f'DROP INDEX "{name}"')
    return [str(statement) for _, statement in found]


def settle(models: Sequence[type[Model]]) -> None:
    """Let the database learn what is in the tables, and continue the numbering after the rows given numbers here."""
    vacuum = connection.vendor == "postgresql" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        for model in models:
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"VACUUM ANALYZE {table}" if vacuum else f"ANALYZE {table}")
            key = model._meta.pk
            if connection.vendor == "postgresql" and key is not None:
                highest = f"SELECT MAX({connection.ops.quote_name(key.column)}) FROM {table}"  # noqa: S608  # our own names
                numbers = f"pg_get_serial_sequence('{table}', '{key.column}')"
                cursor.execute(f"SELECT setval({numbers}, ({highest}))")
