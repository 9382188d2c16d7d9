"""What the numbers of a form break, what stands in the way of handing it in, and its content as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from midun.kernel.statistics.body import FORMAT, Body, Finding
from midun.kernel.statistics.cells import Cell, Filled
from midun.kernel.statistics.models import StatForm
from midun.kernel.trail.chain import instant

HARD, SOFT = "hard", "soft"


def explanations_of(form: StatForm) -> dict[str, str]:
    """Explanations by check."""
    return dict(form.explanations.values_list("check_id", "text"))


def findings(filled: Filled) -> list[Finding]:
    """The broken checks, hard ones first. Of a form handed in: those it was handed in with."""
    if filled.body is not None:
        return filled.body.findings
    told = explanations_of(filled.form)
    found = [*_of_content(filled), *_of_levels(filled)]
    return [Finding(f.id, f.severity, f.text, told.get(f.id, "")) for f in sorted(found, key=lambda f: f.severity)]


def _of_content(filled: Filled) -> list[Finding]:
    content = filled.form.content
    values = {cell.line.figure: cell.reported for cell in filled.cells}
    found = []
    for check in content.failed(values):
        names = dict.fromkeys((*(check.when.figures if check.when else ()), *check.condition.figures))
        words = "，".join(f"{line.name} {values[n]:,}" for n in names if (line := content.line(n)))
        found.append(Finding(check.id, check.severity, f"{check.text}（现为：{words}）"))
    return found


def _of_levels(filled: Filled) -> list[Finding]:
    """Adjustments below that the roll-up cannot decide by itself (docs/adr/0007)."""
    found = []
    for cell in filled.cells:
        if cell.is_adjusted or not cell.below:
            continue
        name, label = cell.line.figure, cell.line.name
        total = sum(b.delta for b in cell.below)
        if not cell.figure.additive:
            units = "、".join(f"{b.unit} {b.delta:+d}" for b in cell.below)
            text = f"下级对{label}作过调整（{units}），去重后的数不能自动并入。请据实调整本级数据，或说明不并入的理由"
            found.append(Finding(f"below:{name}", HARD, text))
        elif twice := _counted_twice(filled, name):
            text = (
                f"{'、'.join(twice)}对{label}作过调整（合计 {total:+d}），通过后记录又有变化，可能重复计数。"
                "请退回其统计表重新填报，或调整本级数据，或说明情况"
            )
            found.append(Finding(f"twice:{name}", HARD, text))
    return found


def _counted_twice(filled: Filled, name: str) -> list[str]:
    """Units whose accepted form was adjusted in this figure and whose records changed afterwards."""
    figure = filled.cell(name).figure
    adjusted = [child for child in filled.children if any(n == name for n, _, _ in child.deltas)]
    return [
        child.form.unit.label
        for child in adjusted
        if figure.value(child.form.scope, child.form.period) != child.numbers[name].computed
    ]


def obstacles(found: Sequence[Finding]) -> list[str]:
    """What stands in the way of handing in or freezing: hard checks without an explanation."""
    return [
        f"核对未通过：{finding.text}。请更正数据，或填写说明"
        for finding in found
        if finding.severity == HARD and not finding.explanation
    ]


def body_of(
    filled: Filled,
    found: Sequence[Finding],
    *,
    stage: str,
    at: datetime | None,
    missing_reason: str = "",
    previous: str = "",
) -> Body:
    """The form's content: what a snapshot freezes and every paper prints. Without `at` it is not a snapshot."""
    form = filled.form
    moment = instant(at) if at else None
    return Body(
        {
            "format": FORMAT,
            "template": form.template,
            "template_version": form.template_version,
            "subject": form.subject,
            "subject_title": form.subject_title,
            "title": list(form.content.heading(form.subject_title)),
            "unit": form.unit.name,
            "own_only": form.own_only,
            "start": form.start.isoformat(),
            "end": form.end.isoformat(),
            "stage": str(stage),
            "counted_at": moment,
            "taken_at": moment,
            "cells": [_cell(c) for c in filled.cells],
            "below": [asdict(b) for c in filled.cells for b in c.below],
            "checks": [asdict(f) for f in found],
            "missing": {"units": [c.form.unit.name for c in filled.waiting], "reason": missing_reason},
            "previous": previous,
        }
    )


def _cell(cell: Cell) -> dict[str, object]:
    return {
        "number": cell.line.number,
        "label": cell.line.label,
        "unit": cell.line.unit,
        "part": cell.line.part,
        "rows": cell.rows,
        "figure": cell.line.figure,
        "rule": cell.figure.rule,
        **asdict(cell.now),
    }
