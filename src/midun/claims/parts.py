"""What the apps above show on the page of a claim (they register in their `claim_parts.py`)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from midun.kernel.orgs.actor import Actor


@dataclass(frozen=True)
class Part:
    """One record about the claim, as it is shown there."""

    text: str
    url: str
    at: datetime


Gives = Callable[[Any, Actor], tuple[Sequence[Part], tuple[str, str] | None]]


@dataclass(frozen=True)
class _Kind:
    title: str
    said: str
    gives: Gives


_KINDS: dict[str, _Kind] = {}


@dataclass(frozen=True)
class Shelf:
    """The parts of one kind; `entrance` is label and address of the form that adds one, for who may."""

    title: str
    said: str
    parts: Sequence[Part]
    entrance: tuple[str, str] | None


def parts(title: str, said: str) -> Callable[[Gives], Gives]:
    """Register what gives the parts that the actor may see, and the entrance. Registering again replaces."""

    def register(gives: Gives) -> Gives:
        _KINDS[title] = _Kind(title, said, gives)
        return gives

    return register


def shelves(claim: Any, actor: Actor) -> list[Shelf]:
    """Everything to show beside a claim; kinds with neither parts nor entrance are left out."""
    made = [Shelf(kind.title, kind.said, *kind.gives(claim, actor)) for kind in _KINDS.values()]
    return [shelf for shelf in made if shelf.parts or shelf.entrance]
