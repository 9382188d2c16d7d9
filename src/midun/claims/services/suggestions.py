"""Suggestions: entered one by one, corrected, voided, restored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from midun.claims.models import Source, Suggestion
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused, Stale, claim_version, require
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb


class SuggestionVoided(Exception):
    """The suggestion was voided."""

    def __init__(self) -> None:
        super().__init__("该条建议已作废；如系误作废，请先恢复")


def _require_own(unit_id: int, actor: Actor) -> None:
    require(actor, Permission.RECORD_WORK)
    if actor.user_id is not None and actor.organisation_id != unit_id:
        raise Refused("只能登记和修改本单位收集的意见建议")


def _held(suggestion: Suggestion, actor: Actor) -> Suggestion:
    _require_own(suggestion.unit_id, actor)
    rows = Suggestion.objects.unscoped("lock").select_for_update(of=("self",))
    now: Suggestion = rows.get(pk=suggestion.pk)
    return now


@transaction.atomic
def suggest(*, unit: Organisation, actor: Actor, at: datetime, **fields: Any) -> Suggestion:
    """Enter one suggestion."""
    _require_own(unit.pk, actor)
    fields.setdefault("source", Source.OTHER)
    made: Suggestion = Suggestion.objects.create(unit=unit, created_at=at, created_by_id=actor.user_id, **fields)
    record(actor=actor, verb=Verb.CREATED, target=made, at=at, after=snapshot(made, *fields))
    return made


@transaction.atomic
def change_suggestion(
    suggestion: Suggestion, *, version: int, actor: Actor, at: datetime, fields: Mapping[str, Any]
) -> None:
    """Correct a suggestion. Raises `Stale` when somebody was faster."""
    now = _held(suggestion, actor)
    if now.voided_at is not None:
        raise SuggestionVoided
    names = tuple(fields)
    old = snapshot(now, *names)
    for name, value in fields.items():
        setattr(now, name, value)
    before, after = changed(old, snapshot(now, *names))
    if not after:
        return
    claim_version(now, version)
    now.save(update_fields=names)
    record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=before, after=after)


@transaction.atomic
def void_suggestion(suggestion: Suggestion, *, reason: str, actor: Actor, at: datetime) -> None:
    """Void a suggestion with a reason: it no longer counts. Raises `SuggestionVoided` the second time."""
    now = _held(suggestion, actor)
    if now.voided_at is not None:
        raise SuggestionVoided
    claim_version(now, now.version)
    now.voided_at, now.void_reason = at, reason[:300]
    now.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.VOIDED, target=now, at=at, reason=reason)


@transaction.atomic
def restore_suggestion(suggestion: Suggestion, *, reason: str, actor: Actor, at: datetime) -> None:
    """Take a voiding back: it counts again. Raises `Stale` when it is not voided."""
    now = _held(suggestion, actor)
    if now.voided_at is None:
        raise Stale
    claim_version(now, now.version)
    before = {"voided_at": str(now.voided_at), "void_reason": now.void_reason}
    now.voided_at, now.void_reason = None, ""
    now.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.RESTORED, target=now, at=at, before=before, reason=reason)
