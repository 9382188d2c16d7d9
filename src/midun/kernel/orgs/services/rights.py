"""What every service asks first: does the actor have the right, and is the record still as it was shown."""

from typing import Any, Protocol

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission


class Refused(Exception):
    """The actor is inside but has no right to this act; `str()` is the sentence for the user."""


class NotPossible(Exception):
    """The act would contradict what stands in the directory; `str()` is the sentence for the user, nothing was written.

    Each service raises a kind of its own, defined beside the function.
    """


class Stale(Exception):
    """Somebody else changed the record after it was shown; nothing was written."""

    def __init__(self) -> None:
        super().__init__("该记录刚被他人修改，您的修改尚未保存。请核对最新内容后再提交。")


def require(actor: Actor, permission: Permission) -> None:
    """Raise `Refused` unless the actor's role carries the right (admins' commands pass `system_actor`)."""
    if actor.user_id is not None and not actor.may(permission):
        raise Refused(f"当前身份没有“{permission.label}”的权限")


def require_within(actor: Actor, path: str) -> None:
    """Raise `Refused` unless `path` lies in the actor's subtree; the platform itself is everywhere."""
    if actor.user_id is not None and not actor.covers(path):
        raise Refused("只能在本辖区内办理")


class Versioned(Protocol):
    """A row with an optimistic lock, of a class with a scoped `objects`."""

    pk: Any
    version: Any


def claim_version(obj: Versioned, version: int) -> None:
    """Take the optimistic lock: compare-and-swap of `version`; raises `Stale` when somebody was faster."""
    model: Any = type(obj)
    taken = model.objects.unscoped("optimistic lock").filter(pk=obj.pk, version=version).update(version=version + 1)
    if not taken:
        raise Stale
    obj.version = version + 1
