"""What changed after a form was handed in, record by record where the snapshot kept them."""

from dataclasses import dataclass
from typing import Any

from midun.kernel.statistics import figures
from midun.kernel.statistics.body import Body
from midun.kernel.statistics.cells import KEPT
from midun.kernel.statistics.figures import Part
from midun.kernel.statistics.models import CountedRecords, StatForm

_SHOWN = 200


@dataclass(frozen=True)
class Change:
    """What changed in one part of a cell: records that count now and did not, the other way round, and altered ones."""

    part: Part
    added: list[Any]
    removed: list[Any]
    altered: list[tuple[Any, str]]

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.removed or self.altered)


def changes_of(form: StatForm, body: Body, name: str) -> list[Change] | None:
    """The changes of a cell by part; None where the records were too many to be kept one by one."""
    kept = CountedRecords.objects.unscoped("reached through its form").filter(snapshot__form=form, figure=name)
    held = dict(kept.filter(snapshot__taken_at=body.counted_at).values_list("part", "records"))
    found = []
    for n, part in enumerate(figures.get(name).parts(form.scope, form.period)):
        now = part.measured(2 * KEPT)
        if n not in held or now is None:
            return None
        found.append(_change(part, dict(held[n]), dict(now)))
    return found


def _change(part: Part, before: dict[int, Any], after: dict[int, Any]) -> Change:
    altered = [key for key in before.keys() & after.keys() if before[key] != after[key]]
    everything = part.records.model.objects.unscoped("records a snapshot counted").select_related(*part.select)
    gone = everything.filter(pk__in=sorted(before.keys() - after.keys())[:_SHOWN])
    records = part.listed().in_bulk(altered[:_SHOWN])
    return Change(
        part,
        added=list(part.listed().filter(pk__in=sorted(after.keys() - before.keys())[:_SHOWN])),
        removed=list(gone),
        altered=[(record, _told(part, before[key], after[key])) for key, record in records.items()],
    )


def _told(part: Part, before: Any, after: Any) -> str:
    return f"{before} → {after}" if isinstance(part.measure, figures.Total) else "计入的对象已更改"
