"""Who acts: built once per request (or by a command) and passed explicitly to every service."""

from dataclasses import dataclass

from midun.kernel.orgs.enums import PERMISSIONS, WORK_ROLES, Permission, Role


@dataclass(frozen=True)
class Actor:
    """A person acting in one of their memberships.

    `path` is the jurisdiction path of the membership's organisation ("1.31.15."), empty for a visitor;
    everything whose path starts with it lies inside the actor's jurisdiction.
    """

    user_id: int | None = None
    user_name: str = ""
    membership_id: int | None = None
    role: Role = Role.VISITOR
    organisation_id: int | None = None
    organisation_name: str = ""
    path: str = ""
    level: int = 0

    @property
    def role_value(self) -> str:
        """The role as the trail stores it."""
        return self.role.value

    @property
    def is_visitor(self) -> bool:
        """Nobody is signed in, or the person holds no membership."""
        return self.membership_id is None

    @property
    def works_for_authority(self) -> bool:
        """True for bureau and station roles: those who see the work of their subtree."""
        return self.role in WORK_ROLES

    def may(self, permission: Permission) -> bool:
        """Whether the role carries the right; where it applies is a matter of scope."""
        return permission in PERMISSIONS[self.role]

    def covers(self, path: str) -> bool:
        """Whether `path` lies in the actor's own subtree (its own node included)."""
        return bool(self.path) and path.startswith(self.path)

    def is_above(self, path: str) -> bool:
        """Whether `path` lies strictly below the actor's own node."""
        return self.covers(path) and path != self.path


VISITOR = Actor()
"""Somebody without an account."""


def system_actor(name: str = "系统") -> Actor:
    """The platform itself (scheduled jobs) or an operator at the command line, named in the trail."""
    return Actor(user_name=name)
