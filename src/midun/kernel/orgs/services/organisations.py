"""Organisations: adding, changing, closing."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from midun.kernel.orgs import moves
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services.rights import NotPossible, claim_version, require, require_within
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb


class OrganisationProblem(NotPossible):
    """The directory would contradict itself."""


def right_for(kind: str) -> Permission:
    """Enterprises are the officers' matter, everything else the system administrator's."""
    enterprise = kind == OrganisationKind.ENTERPRISE
    return Permission.MANAGE_ENTERPRISES if enterprise else Permission.MANAGE_ORGANISATIONS


@transaction.atomic
def add_organisation(*, actor: Actor, at: datetime, right: Permission | None = None, **fields: object) -> Organisation:
    """Add an organisation. Enterprises may be added by officers, everything else by the system administrator.

    `right` is narrower where another service has its own rule about who may (and checks where). Raises `Refused`,
    `OrganisationProblem`.
    """
    require(actor, right or right_for(str(fields.get("kind"))))
    organisation = Organisation(**fields)
    if right is None:
        require_within(actor, organisation.jurisdiction.path)
    _check(organisation)
    organisation.save()
    after = {k: getattr(v, "pk", v) for k, v in fields.items()}
    record(actor=actor, verb=Verb.CREATED, target=organisation, at=at, after=after)
    return organisation


@transaction.atomic
def change_organisation(
    *, organisation: Organisation, actor: Actor, at: datetime, version: int, fields: Mapping[str, object]
) -> Organisation:
    """Change fields of an organisation; a change of nothing writes nothing. Raises `Refused`, `Stale`."""
    require(actor, right_for(organisation.kind))
    require_within(actor, organisation.jurisdiction.path)
    names, place = tuple(fields), organisation.jurisdiction.path
    old = snapshot(organisation, *names)
    for name, value in fields.items():
        setattr(organisation, name, value)
    before, after = changed(old, snapshot(organisation, *names))
    if not after:
        return organisation
    require_within(actor, organisation.jurisdiction.path)
    _check(organisation)
    claim_version(organisation, version)
    organisation.save(update_fields=list(after))
    if organisation.jurisdiction.path != place and organisation.kind != OrganisationKind.ENTERPRISE:
        moves.moved(moves.Move(place, organisation.jurisdiction.path, subtree=False), actor=actor, at=at)
    record(actor=actor, verb=Verb.CHANGED, target=organisation, at=at, before=before, after=after)
    return organisation


@transaction.atomic
def close_organisation(*, organisation: Organisation, day: date, reason: str, actor: Actor, at: datetime) -> None:
    """Close an organisation as of `day`: its people lose access at once, its records stay. Raises `Refused`."""
    now = _locked(organisation, actor)
    if now.closed_on:
        raise OrganisationProblem(f"“{now}”已经撤销或注销")
    if not reason.strip():
        raise OrganisationProblem("请填写理由")
    now.closed_on = day
    now.version += 1
    now.save(update_fields=["closed_on", "version"])
    record(actor=actor, verb=Verb.CLOSED_DOWN, target=now, at=at, after={"closed_on": str(day)}, reason=reason)


@transaction.atomic
def reopen_organisation(*, organisation: Organisation, reason: str, actor: Actor, at: datetime) -> None:
    """Undo a closing. Raises `Refused`, `OrganisationProblem`."""
    now = _locked(organisation, actor)
    if now.closed_on is None:
        raise OrganisationProblem(f"“{now}”没有撤销或注销")
    if not reason.strip():
        raise OrganisationProblem("请填写理由")
    before = {"closed_on": str(now.closed_on)}
    now.closed_on = None
    _check(now)
    now.version += 1
    now.save(update_fields=["closed_on", "version"])
    record(actor=actor, verb=Verb.RESTORED, target=now, at=at, before=before, reason=reason)


def _locked(organisation: Organisation, actor: Actor) -> Organisation:
    require(actor, right_for(organisation.kind))
    require_within(actor, organisation.jurisdiction.path)
    rows = Organisation.objects.unscoped("lock").select_for_update()
    now: Organisation = rows.get(pk=organisation.pk)
    return now


def _check(organisation: Organisation) -> None:
    """What the database would refuse, said in words."""
    others = Organisation.objects.unscoped("codes and bureaus are unique").exclude(pk=organisation.pk)
    if organisation.jurisdiction.closed_on and organisation.closed_on is None:
        raise OrganisationProblem(f"辖区“{organisation.jurisdiction}”已撤销")
    if organisation.credit_code and (same := others.filter(credit_code=organisation.credit_code).first()):
        raise OrganisationProblem(
            f"统一社会信用代码 {organisation.credit_code} 已在名录中（{same.get_kind_display()}）"
        )
    if organisation.kind == OrganisationKind.ENTERPRISE and not organisation.credit_code:
        raise OrganisationProblem("企业必须有统一社会信用代码")
    if organisation.kind == OrganisationKind.BUREAU and organisation.closed_on is None:
        bureaus = others.active().filter(kind=OrganisationKind.BUREAU, jurisdiction=organisation.jurisdiction)
        if held := bureaus.first():
            raise OrganisationProblem(f"“{organisation.jurisdiction}”已有市场监管部门“{held}”，一个辖区只能有一个")
