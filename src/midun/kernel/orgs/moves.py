"""What has to follow when work changes its place in the tree: registered from above, called in the same transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from midun.kernel.orgs.actor import Actor


@dataclass(frozen=True)
class Move:
    """A unit (or, with `subtree`, a node and everything below it) went from the path `old` to the path `new`."""

    old: str
    new: str
    subtree: bool


Follower = Callable[[Move, Actor, datetime], None]
_FOLLOWERS: dict[str, Follower] = {}


def after_move(follow: Follower) -> Follower:
    """Register a function that is called, after the paths were written, for every move."""
    return _FOLLOWERS.setdefault(f"{follow.__module__}.{follow.__qualname__}", follow)


def moved(move: Move, *, actor: Actor, at: datetime) -> None:
    """Let everything registered follow a move."""
    for name in sorted(_FOLLOWERS):
        _FOLLOWERS[name](move, actor, at)
