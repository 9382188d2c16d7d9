"""What a person should do next: every app registers providers in `todos.py`; the desk shows them together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from midun.kernel.orgs.actor import Actor


@dataclass(frozen=True)
class Todo:
    """One thing to do: a sentence, where to do it, until when."""

    kind: str
    text: str
    url: str
    due: date | None = None
    note: str = ""

    def is_overdue(self, today: date) -> bool:
        """Whether its day has passed."""
        return self.due is not None and self.due < today


Provider = Callable[[Actor, date], Sequence[Todo]]
_PROVIDERS: dict[str, Provider] = {}


def todos(name: str) -> Callable[[Provider], Provider]:
    """Register `provider(actor, today) -> todos` under `name`. It must be scoped to the actor and bounded (≤ 50)."""

    def register(provider: Provider) -> Provider:
        _PROVIDERS[name] = provider
        return provider

    return register


def todos_for(actor: Actor, today: date) -> list[Todo]:
    """Everything `actor` should do, most urgent first."""
    found = [todo for provider in _PROVIDERS.values() for todo in provider(actor, today)]
    return sorted(found, key=lambda t: (t.due is None, t.due or today))
