"""Rows as lines: the same bytes for the same row, whichever database it stands in."""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

SKIPPED = {"django_session", "django_content_type", "auth_permission", "django_migrations", "jobs_worker"}
"""Tables that are not backed up: sessions (everybody logs in again), Django's own, and who works right now."""

_BATCH = 1000


def tables() -> dict[str, type[models.Model]]:
    """Every table that is backed up, by name, in the order of the names."""
    found = apps.get_models(include_auto_created=True)
    ours = {m._meta.db_table: m for m in found if m._meta.managed and m._meta.db_table not in SKIPPED}
    return dict(sorted(ours.items()))


def migrations() -> list[str]:
    """The names of all applied migrations."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def lines(model: type[models.Model]) -> Iterator[bytes]:
    """Every row of a table as a line, in the order of the primary key."""
    names = [field.attname for field in model._meta.concrete_fields]
    found = model._base_manager.order_by("pk").values_list(*names)
    for row in found.iterator(chunk_size=_BATCH):
        yield (json.dumps([_encode(value) for value in row], ensure_ascii=False, sort_keys=True) + "\n").encode()


def digest(model: type[models.Model]) -> tuple[int, str]:
    """How many rows a table has, and the SHA-256 of its lines."""
    count, seen = 0, hashlib.sha256()
    for line in lines(model):
        count += 1
        seen.update(line)
    return count, seen.hexdigest()


def load(model: type[models.Model], found: Iterator[bytes]) -> None:
    """Insert the rows of a table from its lines. Raises `ValueError` for a line that is no such row."""
    fields = list(model._meta.concrete_fields)
    batch: list[models.Model] = []
    for line in found:
        values = json.loads(line)
        decoded = {f.attname: _decode(f, value) for f, value in zip(fields, values, strict=True)}
        batch.append(model(**decoded))
        if len(batch) >= _BATCH:
            model._base_manager.bulk_create(batch)
            batch = []
    if batch:
        model._base_manager.bulk_create(batch)


def _encode(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def _decode(field: "models.Field[Any, Any]", value: object) -> object:
    if value is None:
        return None
    if isinstance(field, models.BinaryField):
        return base64.b64decode(str(value))
    if isinstance(field, models.JSONField):
        return value
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return target.to_python(value)
