"""The numbers of a form: counted, adjusted, reported; what stands in the way of submitting; late differences."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from midun.kernel.statistics import figures
from midun.kernel.statistics.models import CellAdjustment, FormSnapshot, FormState, StatForm
from midun.kernel.statistics.templates import Check, Line
from midun.kernel.trail.chain import canonical, instant

FORMAT = "midun-form/1"


@dataclass(frozen=True)
class Cell:
    """One cell: its line, the counted number now, and a person's adjustment if any."""

    line: Line
    rows: int
    computed: int
    adjustment: CellAdjustment | None = None
    children: int = 0
    frozen: int | None = None
    frozen_computed: int | None = None

    @property
    def reported(self) -> int:
        """What the form states: the frozen number, else the adjusted one, else the counted one."""
        if self.frozen is not None:
            return self.frozen
        return self.adjustment.value if self.adjustment else self.computed

    @property
    def late(self) -> int:
        """How much the records changed after the form was settled."""
        return 0 if self.frozen_computed is None else self.computed - self.frozen_computed


def adjustments_of(form: StatForm) -> dict[str, CellAdjustment]:
    """The valid adjustments by figure."""
    found = CellAdjustment.objects.unscoped("reached through its form").filter(form=form, withdrawn_at__isnull=True)
    return {a.figure: a for a in found.select_related("made_by")}


def children_of(form: StatForm) -> list[StatForm]:
    """The forms that the unit of this summary reviews, in the order of the tree."""
    if form.own_only:
        return []
    found = StatForm.objects.unscoped("roll-up").filter(
        subject=form.subject, template=form.template, superior_id=form.unit_id
    )
    return list(found.exclude(pk=form.pk).select_related("unit__jurisdiction").order_by("unit__jurisdiction__path"))


def latest_snapshot(form: StatForm) -> FormSnapshot | None:
    """The newest snapshot of any stage."""
    found: FormSnapshot | None = FormSnapshot.objects.unscoped("reached through its form").filter(form=form).last()
    return found


def _child_adjustments(form: StatForm) -> dict[str, int]:
    ids = [child.pk for child in children_of(form) if child.is_settled]
    found = CellAdjustment.objects.unscoped("roll-up").filter(form_id__in=ids, withdrawn_at__isnull=True)
    totals: dict[str, int] = {}
    for one in found:
        totals[one.figure] = totals.get(one.figure, 0) + one.value - one.computed
    return totals


def cells_of(form: StatForm) -> list[Cell]:
    """Every cell of the form in its order, counted now; for a settled form beside the frozen numbers."""
    content, adjusted, children = form.content, adjustments_of(form), _child_adjustments(form)
    frozen: dict[str, dict[str, int]] = {}
    snapshot = latest_snapshot(form) if form.is_settled else None
    if snapshot is not None:
        frozen = {cell["figure"]: cell for cell in json.loads(snapshot.body)["cells"]}
    made = []
    for line in content.lines:
        kept = frozen.get(line.figure, {})
        made.append(
            Cell(
                line=line,
                rows=content.span(line),
                computed=figures.get(line.figure).value(form.scope, form.period),
                adjustment=adjusted.get(line.figure),
                children=children.get(line.figure, 0),
                frozen=kept.get("reported"),
                frozen_computed=kept.get("computed"),
            )
        )
    return made


def explanations_of(form: StatForm) -> dict[str, str]:
    """Explanations by check."""
    return dict(form.explanations.values_list("check_id", "text"))


def failed_checks(form: StatForm, cells: Sequence[Cell]) -> list[tuple[Check, str]]:
    """The broken checks, each with its explanation ("" where there is none)."""
    told = explanations_of(form)
    values = {cell.line.figure: cell.reported for cell in cells}
    return [(check, told.get(check.id, "")) for check in form.content.failed(values)]


def missing(form: StatForm, cells: Sequence[Cell]) -> list[str]:
    """What stands in the way of submitting or freezing: hard checks without an explanation."""
    return [
        f"核对未通过：{check.text}。请更正数据，或填写说明"
        for check, told in failed_checks(form, cells)
        if check.severity == "hard" and not told
    ]


def body_of(form: StatForm, cells: Sequence[Cell], *, stage: FormState, at: datetime) -> str:
    """The canonical JSON of a snapshot (docs/formats/statistics-form.md)."""
    previous = latest_snapshot(form)
    return canonical(
        {
            "format": FORMAT,
            "template": form.template,
            "template_version": form.template_version,
            "subject": form.subject,
            "subject_title": form.subject_title,
            "unit": form.unit.name,
            "own_only": form.own_only,
            "start": form.start.isoformat(),
            "end": form.end.isoformat(),
            "stage": stage.value,
            "taken_at": instant(at),
            "cells": [
                {
                    "figure": c.line.figure,
                    "label": c.line.label,
                    "unit": c.line.unit,
                    "computed": c.computed,
                    "reported": c.adjustment.value if c.adjustment else c.computed,
                    "reason": c.adjustment.reason if c.adjustment else "",
                }
                for c in cells
            ],
            "explanations": explanations_of(form),
            "previous": previous.digest if previous else "",
        }
    )


def digest_of(body: str) -> str:
    """SHA-256 of the body's UTF-8 bytes, hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()
