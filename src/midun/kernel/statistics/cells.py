"""A form filled in: its cells with the counted, carried and reported numbers, and the forms below it.

Everything a page, a paper or a service needs to know about the numbers of a form is computed here once, by `fill`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import F

from midun.kernel.statistics import figures
from midun.kernel.statistics.body import Below, Body, Numbers, digest_of, parse
from midun.kernel.statistics.figures import Figure
from midun.kernel.statistics.models import CellAdjustment, FormSnapshot, FormState, StatForm
from midun.kernel.statistics.templates import Line

KEPT = 5000
"""At most so many records of a part are kept by key in a snapshot."""


@dataclass(frozen=True)
class Cell:
    """One cell: its line and figure, the numbers as they are now and as the form states them.

    The two differ only after the form was handed in: then it states what was handed in, and `late` is how much the
    records (and the accepted forms below) have changed since.
    """

    line: Line
    figure: Figure
    rows: int
    now: Numbers
    stated: Numbers
    below: tuple[Below, ...] = ()
    sum_below: int | None = None

    @property
    def reported(self) -> int:
        """The number on the form."""
        return self.stated.reported

    @property
    def late(self) -> int:
        """How much the number would be different if it were counted today."""
        return self.now.automatic - self.stated.automatic

    @property
    def is_adjusted(self) -> bool:
        """Whether a person put another number than the counted one."""
        return bool(self.stated.reason)


@dataclass(frozen=True)
class Child:
    """A form that goes into a summary, with its content once it was handed in."""

    form: StatForm
    body: Body | None

    @cached_property
    def numbers(self) -> Mapping[str, Numbers]:
        """What it states, by figure; empty while it is open."""
        return self.body.numbers if self.body else {}

    @cached_property
    def deltas(self) -> list[tuple[str, int, str]]:
        """Once accepted: where it states something else than its records."""
        return self.body.deltas() if self.body and self.form.state == FormState.ACCEPTED else []


@dataclass(frozen=True)
class Filled:
    """A form with everything about its numbers."""

    form: StatForm
    cells: list[Cell]
    children: list[Child]
    body: Body | None = None
    intact: bool = True
    kept: list[tuple[str, int, list[tuple[int, Any]]]] = field(default_factory=list)

    def cell(self, name: str) -> Cell:
        """The cell of a figure."""
        return next(cell for cell in self.cells if cell.line.figure == name)

    @property
    def late(self) -> list[Cell]:
        """The cells that would be different if they were counted today."""
        return [cell for cell in self.cells if cell.late]

    @property
    def waiting(self) -> list[Child]:
        """Forms below that are not accepted."""
        return [child for child in self.children if child.form.state != FormState.ACCEPTED]

    @property
    def accepted(self) -> int:
        """How many forms below are accepted."""
        return len(self.children) - len(self.waiting)

    @property
    def is_summary(self) -> bool:
        """Whether other forms go into it."""
        return bool(self.children)


def adjustments_of(form: StatForm) -> dict[str, CellAdjustment]:
    """The valid adjustments by figure."""
    found = CellAdjustment.objects.unscoped("reached through its form").filter(form=form, withdrawn_at__isnull=True)
    return {a.figure: a for a in found.select_related("made_by")}


def newest_snapshot(form: StatForm) -> FormSnapshot | None:
    """The newest snapshot of any stage."""
    found: FormSnapshot | None = FormSnapshot.objects.unscoped("reached through its form").filter(form=form).last()
    return found


def children_of(form: StatForm) -> list[Child]:
    """The forms that go into this one, the organiser's own first, then in the order of the tree. Two queries."""
    forms = StatForm.objects.unscoped("roll-up").filter(above=form).select_related("unit__jurisdiction")
    handed_in = (FormState.SUBMITTED, FormState.ACCEPTED)
    bodies = dict(
        FormSnapshot.objects.unscoped("roll-up")
        .filter(form__above=form, form__state__in=handed_in, digest=F("form__digest"))
        .values_list("form_id", "body")
    )
    ordered = forms.order_by("-own_only", "unit__jurisdiction__order", "unit__order", "unit__jurisdiction__path")
    return [Child(one, parse(bodies[one.pk]) if one.pk in bodies else None) for one in ordered]


def _below(children: list[Child]) -> dict[str, list[Below]]:
    found: dict[str, list[Below]] = {}
    for child in children:
        for name, delta, reason in child.deltas:
            added = figures.get(name).additive
            found.setdefault(name, []).append(Below(_name(child.form), name, delta, reason, added))
    return found


def _name(form: StatForm) -> str:
    return f"{form.unit.label}{'（本级）' if form.own_only else ''}"


def _stated(now: tuple[int, int], adjustment: CellAdjustment | None) -> Numbers:
    computed, carried = now
    if adjustment is None:
        return Numbers(computed, computed + carried, carried)
    return Numbers(computed, adjustment.value, carried, adjustment.reason)


def fill(form: StatForm, *, keep: bool = False) -> Filled:
    """The form with its numbers: counted now, and beside them, once handed in, as they were handed in.

    With `keep` the records of each part are listed while they are counted, for the snapshot about to be taken.
    """
    children = [] if form.own_only else children_of(form)
    below = _below(children)
    snapshot = None if form.is_editable else newest_snapshot(form)
    body = parse(snapshot.body) if snapshot else None
    frozen = body.numbers if body else {}
    adjusted = adjustments_of(form) if form.is_editable else {}
    content, kept, made = form.content, [], []
    for line in content.lines:
        figure = figures.get(line.figure)
        if keep:
            computed, lists = figure.listed_value(form.scope, form.period, limit=KEPT)
            kept += [(line.figure, part, rows) for part, rows in lists]
        else:
            computed = figure.value(form.scope, form.period)
        carried = sum(b.delta for b in below.get(line.figure, []) if b.added)
        now = _stated((computed, carried), adjusted.get(line.figure))
        made.append(
            Cell(
                line=line,
                figure=figure,
                rows=content.span(line),
                now=now,
                stated=frozen.get(line.figure, now),
                below=tuple(b for b in body.below if b.figure == line.figure)
                if body
                else tuple(below.get(line.figure, [])),
                sum_below=sum(c.numbers[line.figure].reported for c in children if line.figure in c.numbers)
                if children
                else None,
            )
        )
    intact = snapshot is None or digest_of(snapshot.body) == snapshot.digest == form.digest
    return Filled(form, made, children, body, intact, kept)
