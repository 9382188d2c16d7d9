"""Writing the tree and the directory: the acts every other app builds on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import PERMISSIONS, Level, OrganisationKind, Permission
from midun.kernel.orgs.models import Jurisdiction, Membership, Organisation, User
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb


class Refused(Exception):
    """The actor is inside but has no right to this act; `str()` is the sentence for the user."""


class Stale(Exception):
    """Somebody else changed the record after it was shown; nothing was written."""

    def __init__(self) -> None:
        super().__init__("该记录刚被他人修改，您的修改尚未保存。请核对最新内容后再提交。")


def require(actor: Actor, permission: Permission) -> None:
    """Raise `Refused` unless the actor's role carries the right (admins' commands pass `system_actor`)."""
    if actor.user_id is not None and not actor.may(permission):
        raise Refused(f"当前身份没有“{permission.label}”的权限")


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


@transaction.atomic
def add_jurisdiction(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    level: Level,
    parent: Jurisdiction | None,
    division_code: str = "",
    order: int = 0,
    right: Permission = Permission.MANAGE_ORGANISATIONS,
) -> Jurisdiction:
    """Add a node to the tree of authority; with or without a division code of its own.

    `right` is narrower where another service has its own rule about who may (and checks where).
    """
    require(actor, right)
    node = Jurisdiction(
        name=name, level=level, parent=parent, division_code=division_code, order=order, path=f"new-{name}-{at}"[:120]
    )
    node.save()
    node.path = f"{parent.path if parent else ''}{node.pk}."
    node.save(update_fields=["path"])
    record(actor=actor, verb=Verb.CREATED, target=node, at=at, after={"name": name, "path": node.path})
    return node


@transaction.atomic
def add_organisation(*, actor: Actor, at: datetime, right: Permission | None = None, **fields: object) -> Organisation:
    """Add an organisation. Enterprises may be added by officers, everything else by the system administrator.

    `right` is narrower where another service has its own rule about who may (and checks where).
    """
    enterprise = fields.get("kind") == OrganisationKind.ENTERPRISE
    require(actor, right or (Permission.MANAGE_ENTERPRISES if enterprise else Permission.MANAGE_ORGANISATIONS))
    organisation = Organisation.objects.create(**fields)
    after = {k: (v.pk if hasattr(v, "pk") else v) for k, v in fields.items()}
    record(actor=actor, verb=Verb.CREATED, target=organisation, at=at, after=after)
    return organisation


@transaction.atomic
def change_organisation(
    *, organisation: Organisation, actor: Actor, at: datetime, version: int, fields: Mapping[str, object]
) -> Organisation:
    """Change fields of an organisation; a change of nothing writes nothing."""
    enterprise = organisation.kind == OrganisationKind.ENTERPRISE
    require(actor, Permission.MANAGE_ENTERPRISES if enterprise else Permission.MANAGE_ORGANISATIONS)
    names = tuple(fields)
    old = snapshot(organisation, *names)
    for name, value in fields.items():
        setattr(organisation, name, value)
    before, after = changed(old, snapshot(organisation, *names))
    if not after:
        return organisation
    claim_version(organisation, version)
    organisation.save(update_fields=list(after))
    record(actor=actor, verb=Verb.CHANGED, target=organisation, at=at, before=before, after=after)
    return organisation


@transaction.atomic
def grant(*, user: User, organisation: Organisation, role: str, actor: Actor, at: datetime) -> Membership:
    """Give a user a role in an organisation. Granting what is already held changes nothing."""
    held = Membership.objects.unscoped("grant").filter(user=user, organisation=organisation, role=role)
    existing: Membership | None = held.filter(ended_at__isnull=True).first()
    if existing:
        return existing
    membership: Membership = Membership.objects.create(user=user, organisation=organisation, role=role, granted_at=at)
    record(actor=actor, verb=Verb.MEMBERSHIP_GRANTED, target=membership, at=at, after={"user": user.pk, "role": role})
    return membership


def people_with(permission: Permission, *, path: str) -> list[Membership]:
    """Current memberships at exactly the node `path` whose role carries `permission` (whom to notify)."""
    roles = [role.value for role, rights in PERMISSIONS.items() if permission in rights]
    current = Membership.objects.unscoped("whom to notify").current()
    found = current.filter(role__in=roles, organisation__jurisdiction__path=path)
    return list(found.select_related("user", "organisation__jurisdiction"))
