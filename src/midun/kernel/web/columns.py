"""The columns of a list: what a cell holds, where it leads, how it is shown, by what it sorts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models


@dataclass(frozen=True)
class ListColumn:
    """A column: title, a dotted attribute path or function of the record, and how it is shown.

    `kind` is text, code (not broken), integer, date, datetime or badge (`colour`: of the record, a Tabler colour).
    `link` gives the address the cell leads to. `wide` columns take the room that is left; `phone=False` hides the cell
    on phones; `listed=False` columns stand in the Excel export only.
    `sort` is the lookup the column sorts by, needed only where `value` is not itself a path to stored fields.
    """

    title: str
    value: str | Callable[[Any], object]
    kind: str = "text"
    link: Callable[[Any], str] | None = None
    colour: Callable[[Any], str] | None = None
    wide: bool = False
    phone: bool = True
    sort: str = ""
    listed: bool = True

    def of(self, row: object) -> object:
        """The value for one record; methods are called, missing links give an empty cell."""
        if callable(self.value):
            return self.value(row)
        found: Any = row
        for name in self.value.split("."):
            found = getattr(found, name, None)
            if found is None:
                return ""
        return found() if callable(found) else found

    def cell(self, row: object) -> "Cell":
        """The cell of one record."""
        link = self.link(row) if self.link else ""
        colour = self.colour(row) if self.colour else "secondary"
        return Cell(self, self.of(row), link, colour)

    def order_lookup(self, model: type[models.Model]) -> str:
        """The lookup by which `model` is sorted for this column; empty when the database cannot sort by it."""
        if self.sort or callable(self.value):
            return self.sort
        names = self.value.split(".")
        names[-1] = names[-1].removeprefix("get_").removesuffix("_display")
        return "__".join(names) if _is_stored(model, names) else ""

    @property
    def css(self) -> str:
        """Classes that the heading and the cells share."""
        hidden = "" if self.phone else "phone-hide"
        side = "text-end" if self.kind == "integer" else ""
        width = "wide" if self.wide else "fit" if self.kind != "text" else ""
        return " ".join(filter(None, (hidden, side, width)))


@dataclass(frozen=True)
class Cell:
    """One cell as the template shows it."""

    column: ListColumn
    value: object
    link: str
    colour: str

    @property
    def css(self) -> str:
        """Classes of the cell; an empty one is left out of the cards on a phone."""
        return f"{self.column.css} is-empty".strip() if self.value in (None, "") else self.column.css


@dataclass(frozen=True)
class Heading:
    """A heading of the table: its column, the sort that a click asks for, and how the list is sorted by it now."""

    column: ListColumn
    query: str = ""
    direction: str = ""


def _is_stored(model: type[models.Model], names: Sequence[str]) -> bool:
    """Whether a path of names leads over foreign keys to a stored field that is not a relation itself."""
    current: type[models.Model] | None = model
    field: Any = None
    for name in names:
        if current is None:
            return False
        try:
            field = current._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        if not field.concrete:
            return False
        current = field.related_model if field.is_relation else None
    return field is not None and not field.is_relation
