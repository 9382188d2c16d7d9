"""A workflow as data: states, steps, and the checks that make an impossible one fail at import."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import TextChoices

from midun.kernel.orgs.enums import Permission
from midun.kernel.trail.verbs import Verb


class BadWorkflow(Exception):
    """The definition contradicts itself (a programmer's mistake, raised at import)."""


@dataclass(frozen=True)
class Step:
    """One permitted move. `stamp` names the `*_at` field on the object that is set when it is taken."""

    name: str
    label: str
    sources: tuple[TextChoices, ...]
    target: TextChoices
    permission: Permission
    verb: Verb
    needs_reason: bool = False
    stamp: str = ""


@dataclass(frozen=True)
class Workflow:
    """All states and steps of one kind of object."""

    name: str
    states: type[TextChoices]
    initial: TextChoices
    steps: tuple[Step, ...]
    by_name: dict[str, Step] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Unique names, and every state reachable from the initial one."""
        names = [step.name for step in self.steps]
        if len(set(names)) != len(names):
            raise BadWorkflow(f"{self.name}: step names repeat")
        reached = {self.initial}
        grown = True
        while grown:
            more = {s.target for s in self.steps if reached & set(s.sources)} - reached
            reached |= more
            grown = bool(more)
        lost = set(self.states) - reached
        if lost:
            raise BadWorkflow(f"{self.name}: unreachable {sorted(lost)}")
        object.__setattr__(self, "by_name", {step.name: step for step in self.steps})

    def __getattr__(self, name: str) -> Step:
        """`CLAIM.accept` is the step named accept."""
        steps: dict[str, Step] = self.__dict__.get("by_name", {})
        if name in steps:
            return steps[name]
        raise AttributeError(name)

    def open_steps(self, state: str, rights: Iterable[Permission]) -> list[Step]:
        """The steps that may be taken from `state` by somebody with `rights`."""
        held = set(rights)
        return [s for s in self.steps if state in s.sources and s.permission in held]
