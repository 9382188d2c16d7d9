"""Everything that changes visits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from midun.claims import services as claims
from midun.claims.models import Source, Suggestion
from midun.kernel.files.kinds import IMAGES, sniff
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused, add_organisation, claim_version, require
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.visits.models import Visit


class Voided(Exception):
    """The visit was voided."""

    def __init__(self) -> None:
        super().__init__("该走访已作废，不能再修改")


def _require_own(unit: Organisation, actor: Actor) -> None:
    require(actor, Permission.RECORD_WORK)
    if actor.user_id is not None and actor.organisation_id != unit.pk:
        raise Refused("只能登记和修改本单位的走访")


@transaction.atomic
def enterprise_of(*, unit: Organisation, name: str, credit_code: str, actor: Actor, at: datetime) -> Organisation:
    """The enterprise with this credit code, added to the directory at the unit's node when it is new."""
    known = Organisation.objects.unscoped("names and codes of enterprises are public register data").enterprises()
    found: Organisation | None = known.filter(credit_code=credit_code).first()
    return found or add_organisation(
        actor=actor,
        at=at,
        kind=OrganisationKind.ENTERPRISE,
        name=name,
        credit_code=credit_code,
        jurisdiction=unit.jurisdiction,
    )


@transaction.atomic
def record_visit(
    *,
    unit: Organisation,
    enterprise: Organisation,
    actor: Actor,
    at: datetime,
    suggestions: Sequence[Mapping[str, Any]] = (),
    needs: Sequence[Mapping[str, Any]] = (),
    files: Sequence[tuple[str, bytes]] = (),
    **fields: Any,
) -> Visit:
    """Enter a visit with its suggestions (`topic`, `text`), claims (`topic`, `title`, `urgency`) and files, all or nothing."""
    _require_own(unit, actor)
    visit: Visit = Visit.objects.create(
        unit=unit, enterprise=enterprise, created_at=at, created_by_id=actor.user_id, **fields
    )
    record(actor=actor, verb=Verb.CREATED, target=visit, at=at, after=snapshot(visit, "enterprise", *fields))
    origin = {"source": Source.VISIT, "source_type": Visit._meta.label_lower, "source_id": visit.pk}
    for one in suggestions:
        claims.suggest(
            unit=unit,
            actor=actor,
            at=at,
            enterprise=enterprise,
            given_on=visit.day,
            plan_line=visit.plan_line,
            **origin,
            **one,
        )
    for one in needs:
        claims.register(unit=unit, enterprise=enterprise, actor=actor, at=at, raised_on=visit.day, **origin, **one)
    add_files(visit, files=files, actor=actor, at=at)
    return visit


@transaction.atomic
def add_files(visit: Visit, *, files: Sequence[tuple[str, bytes]], actor: Actor, at: datetime) -> None:
    """Hang files on a visit."""
    for name, data in files:
        kind = Attachment.Kind.PHOTO if sniff(data) in IMAGES else Attachment.Kind.DOCUMENT
        attach(owner=visit, data=data, name=name, kind=kind, actor=actor, at=at)


@transaction.atomic
def change(
    visit: Visit,
    *,
    version: int,
    actor: Actor,
    at: datetime,
    fields: Mapping[str, Any],
    files: Sequence[tuple[str, bytes]] = (),
) -> None:
    """Change a visit. Raises `Stale` when somebody was faster."""
    _require_own(visit.unit, actor)
    if visit.voided_at is not None:
        raise Voided
    old = snapshot(visit, *fields)
    for name, value in fields.items():
        setattr(visit, name, value)
    before, after = changed(old, snapshot(visit, *fields))
    if after:
        claim_version(visit, version)
        visit.save(update_fields=list(fields))
        record(actor=actor, verb=Verb.CHANGED, target=visit, at=at, before=before, after=after)
    add_files(visit, files=files, actor=actor, at=at)


def suggestions_of(visit: Visit) -> Any:
    """The live suggestions that came out of a visit."""
    found = Suggestion.objects.unscoped("reached through its visit").live()
    return found.filter(source_type=Visit._meta.label_lower, source_id=visit.pk)


@transaction.atomic
def void(visit: Visit, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Void a visit and its suggestions; claims raised in it stay, because somebody waits for an answer."""
    _require_own(visit.unit, actor)
    if visit.voided_at is not None:
        raise Voided
    claim_version(visit, version)
    visit.voided_at, visit.void_reason = at, reason
    visit.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.VOIDED, target=visit, at=at, reason=reason)
    for one in suggestions_of(visit):
        claims.void_suggestion(one, reason=f"随走访作废：{reason}", actor=actor, at=at)
