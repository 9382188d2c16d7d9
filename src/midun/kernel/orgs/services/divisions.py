"""The public table of division codes: packaged with the program, kept in the database for looking up by day."""

import csv
from datetime import date, datetime
from importlib.resources import files

from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Level
from midun.kernel.orgs.models import DivisionCode
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb

_LEVELS = {"province": Level.PROVINCE, "city": Level.CITY, "county": Level.COUNTY}
_FIELDS = ("code", "name", "level", "parent_code", "valid_from", "valid_to", "successor")


def packaged() -> list[DivisionCode]:
    """The table as this version of the program brings it (data/divisions.csv), not saved."""
    source = files("midun.kernel.orgs").joinpath("data/divisions.csv")
    with source.open(encoding="utf-8") as lines:
        return [
            DivisionCode(
                code=row["code"],
                name=row["name"],
                level=_LEVELS[row["level"]],
                parent_code=row["parent_code"],
                valid_from=_day(row["valid_from"]),
                valid_to=_day(row["valid_to"]),
                successor=row["successor"],
            )
            for row in csv.DictReader(lines)
        ]


@transaction.atomic
def load_divisions(*, actor: Actor, at: datetime) -> tuple[int, int]:
    """Bring the table in the database to the packaged one; returns how many lines were added and removed.

    A line that was corrected is removed and added: nodes of the tree hold the code itself, so nothing points at it.
    """
    wanted = {_key(line): line for line in packaged()}
    table = DivisionCode.objects.unscoped("load the public table")
    held = {_key(line): line.pk for line in table}
    gone = [pk for key, pk in held.items() if key not in wanted]
    new = [line for key, line in wanted.items() if key not in held]
    if not new and not gone:
        return 0, 0
    table.filter(pk__in=gone).delete()
    DivisionCode.objects.bulk_create(new, batch_size=500)
    after = {"added": len(new), "removed": len(gone)}
    record(actor=actor, verb=Verb.IMPORTED, target=None, at=at, after=after, label="行政区划代码表")
    return len(new), len(gone)


def _key(line: DivisionCode) -> tuple[object, ...]:
    return tuple(getattr(line, name) for name in _FIELDS)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
