"""Everything that changes visits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from midun.claims import services as claims
from midun.claims.models import Claim, Source, Suggestion
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach_all, remove
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused, Stale, claim_version, require
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.visits.models import Visit

Files = Sequence[tuple[str, bytes]]
Rows = Sequence[Mapping[str, Any]]
_WITH_VISIT = "随走访作废："


class Voided(Exception):
    """The visit was voided."""

    def __init__(self) -> None:
        super().__init__("该走访已作废，不能再修改；如系误作废，请先恢复")


def _require_own(unit_id: int, actor: Actor) -> None:
    require(actor, Permission.RECORD_WORK)
    if actor.user_id is not None and actor.organisation_id != unit_id:
        raise Refused("只能登记和修改本单位的走访")


def _held(visit: Visit, actor: Actor) -> Visit:
    """The visit as it is now, locked until the end of the transaction, for somebody of its unit."""
    _require_own(visit.unit_id, actor)
    rows = Visit.objects.unscoped("lock")
    rows.select_for_update().get(pk=visit.pk)  # first locked, then read: see claims.services.ledger.held
    now: Visit = rows.select_related("unit__jurisdiction", "enterprise", "plan_line").get(pk=visit.pk)
    return now


@transaction.atomic
def record_visit(
    *,
    unit: Organisation,
    enterprise: Organisation,
    actor: Actor,
    at: datetime,
    suggestions: Rows = (),
    needs: Rows = (),
    files: Files = (),
    **fields: Any,
) -> Visit:
    """Enter a visit with what was found (see `add_findings`) and its files, all or nothing."""
    _require_own(unit.pk, actor)
    visit: Visit = Visit.objects.create(
        unit=unit, enterprise=enterprise, created_at=at, created_by_id=actor.user_id, **fields
    )
    record(actor=actor, verb=Verb.CREATED, target=visit, at=at, after=snapshot(visit, "enterprise", *fields))
    add_findings(visit, suggestions=suggestions, needs=needs, actor=actor, at=at)
    attach_all(owner=visit, files=files, actor=actor, at=at)
    return visit


@transaction.atomic
def add_findings(visit: Visit, *, suggestions: Rows = (), needs: Rows = (), actor: Actor, at: datetime) -> None:
    """Add suggestions (`topic`, `text`) and needs (`topic`, `title`, `urgency`), each need as a claim of the ledger."""
    now = _held(visit, actor)
    if now.voided_at is not None:
        raise Voided
    origin: dict[str, Any] = {"source": Source.VISIT, "source_type": Visit._meta.label_lower, "source_id": now.pk}
    for one in suggestions:
        claims.suggest(
            unit=now.unit,
            actor=actor,
            at=at,
            enterprise=now.enterprise,
            given_on=now.day,
            plan_line=now.plan_line,
            **origin,
            **one,
        )
    for one in needs:
        claims.register(
            unit=now.unit, enterprise=now.enterprise, actor=actor, at=at, raised_on=now.day, **origin, **one
        )


@transaction.atomic
def change(
    visit: Visit, *, version: int, actor: Actor, at: datetime, fields: Mapping[str, Any], files: Files = ()
) -> None:
    """Change a visit; its suggestions follow its day and plan line. Raises `Stale` when somebody was faster."""
    now = _held(visit, actor)
    if now.voided_at is not None:
        raise Voided
    names = tuple(fields)
    old = snapshot(now, *names)
    for name, value in fields.items():
        setattr(now, name, value)
    before, after = changed(old, snapshot(now, *names))
    if after:
        claim_version(now, version)
        now.save(update_fields=names)
        suggestions_of(now).update(given_on=now.day, plan_line=now.plan_line)
        record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=before, after=after)
    attach_all(owner=now, files=files, actor=actor, at=at)


def _suggestions(visit: Visit) -> Any:
    found = Suggestion.objects.unscoped("reached through its visit")
    return found.filter(source_type=Visit._meta.label_lower, source_id=visit.pk)


def suggestions_of(visit: Visit) -> Any:
    """The live suggestions that came out of a visit."""
    return _suggestions(visit).live()


def claims_of(visit: Visit, actor: Actor) -> Any:
    """The live claims raised in a visit, as far as the actor may see them."""
    found = Claim.objects.visible_to(actor).live()
    return found.filter(source_type=Visit._meta.label_lower, source_id=visit.pk)


@transaction.atomic
def void(visit: Visit, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Void a visit and its suggestions; claims raised in it stay, because somebody waits for an answer."""
    now = _held(visit, actor)
    if now.voided_at is not None:
        raise Voided
    claim_version(now, version)
    now.voided_at, now.void_reason = at, reason
    now.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.VOIDED, target=now, at=at, reason=reason)
    for one in suggestions_of(now):
        claims.void_suggestion(one, reason=f"{_WITH_VISIT}{reason}", actor=actor, at=at)


@transaction.atomic
def restore(visit: Visit, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Take a voiding back, with the suggestions that were voided together with the visit."""
    now = _held(visit, actor)
    if now.voided_at is None:
        raise Stale
    claim_version(now, version)
    together = list(_suggestions(now).filter(voided_at=now.voided_at, void_reason__startswith=_WITH_VISIT))
    before = {"voided_at": str(now.voided_at), "void_reason": now.void_reason}
    now.voided_at, now.void_reason = None, ""
    now.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.RESTORED, target=now, at=at, before=before, reason=reason)
    for one in together:
        claims.restore_suggestion(one, reason=f"随走访恢复：{reason}", actor=actor, at=at)


@transaction.atomic
def remove_file(visit: Visit, *, attachment: Attachment, reason: str, actor: Actor, at: datetime) -> None:
    """Take a file off a visit with a reason."""
    _held(visit, actor)
    remove(attachment=attachment, owner=visit, actor=actor, at=at, reason=reason)
