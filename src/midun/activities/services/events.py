"""The event itself: added, changed, voided, restored, put on the portal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from midun.activities import tallies
from midun.activities.models import Activity, Participation, SignIn
from midun.activities.services.attachments import Files, add_files
from midun.activities.services.own import Voided, locked, require_own
from midun.activities.services.revocation import revoke_all
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused, Stale, claim_version, require
from midun.kernel.search.services import refresh
from midun.kernel.statistics.counts import following
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb


@transaction.atomic
def add(*, unit: Organisation, actor: Actor, at: datetime, files: Files = (), **fields: Any) -> Activity:
    """Add an event of `unit` with its photos."""
    require(actor, Permission.RECORD_WORK)
    if actor.user_id is not None and actor.organisation_id != unit.pk:
        raise Refused("只能为本单位登记活动")
    activity: Activity = Activity(unit=unit, created_at=at, created_by_id=actor.user_id, **fields)
    with following(tallies.new_event(unit, activity.day)):
        activity.save(force_insert=True)
    names = [f.name for f in Activity._meta.concrete_fields if f.name in fields or f.attname in fields]
    record(actor=actor, verb=Verb.CREATED, target=activity, at=at, after=snapshot(activity, *names))
    add_files(activity, files=files, actor=actor, at=at)
    return activity


@transaction.atomic
def change(activity: Activity, *, version: int, actor: Actor, at: datetime, fields: Mapping[str, Any]) -> None:
    """Change fields of an event and let its participations follow. Raises `Stale` when somebody was faster."""
    require_own(activity, actor)
    now = locked(activity, version)
    if now.voided_at is not None:
        raise Voided
    names = tuple(fields)
    old = snapshot(now, *names)
    for name, value in fields.items():
        setattr(now, name, value)
    before, after = changed(old, snapshot(now, *names))
    if after:
        claim_version(now, version)
        with following(*tallies.event(now)):
            now.save(update_fields=names)
            _let_participations_follow(now)
        refresh(now)
        record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=before, after=after)


def _let_participations_follow(activity: Activity) -> None:
    """Repeat on the participations what the roll-up reads there."""
    of = Participation.objects.unscoped("repeat the event's facts").filter(activity=activity)
    same = {"unit_id": activity.unit_id, "day": activity.day, "group": activity.group}
    of.filter(voided_at__isnull=True).update(counts=activity.voided_at is None, **same)
    of.filter(voided_at__isnull=False).update(counts=False, **same)


@transaction.atomic
def void(activity: Activity, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Void an event with a reason: it and its participants no longer count.

    Sign-in closes, certificates are revoked, the portal forgets it.
    """
    require_own(activity, actor)
    now = locked(activity, version)
    if now.voided_at is not None:
        raise Voided
    claim_version(now, version)
    now.voided_at, now.void_reason = at, reason
    now.published_at = now.published_by = None
    with following(*tallies.event(now)):
        now.save(update_fields=["voided_at", "void_reason", "published_at", "published_by"])
        _let_participations_follow(now)
    SignIn.objects.unscoped("void").filter(activity=now, closed_at__isnull=True).update(closed_at=at)
    revoke_all(now, None, reason=f"活动作废：{reason}", actor=actor, at=at)
    refresh(now)
    record(actor=actor, verb=Verb.VOIDED, target=now, at=at, reason=reason)


@transaction.atomic
def restore(activity: Activity, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Take a voiding back with a reason.

    What was on the portal stays off until somebody publishes it again, and certificates have to be issued anew.
    """
    require_own(activity, actor)
    now = locked(activity, version)
    if now.voided_at is None:
        raise Stale
    claim_version(now, version)
    before = {"voided_at": now.voided_at, "void_reason": now.void_reason}
    now.voided_at, now.void_reason = None, ""
    with following(*tallies.event(now)):
        now.save(update_fields=["voided_at", "void_reason"])
        _let_participations_follow(now)
    record(actor=actor, verb=Verb.RESTORED, target=now, at=at, before=before, reason=reason)


@transaction.atomic
def put_on_portal(activity: Activity, *, show: bool, actor: Actor, at: datetime) -> None:
    """Show title, day, place and unit on the portal, or take them off. Doing it twice changes nothing."""
    require(actor, Permission.PUBLISH)
    now = locked(activity)
    if now.voided_at is not None:
        raise Voided
    if (now.published_at is not None) == show:
        return
    claim_version(now, now.version)
    now.published_at = at if show else None
    now.published_by_id = actor.user_id if show else None
    now.save(update_fields=["published_at", "published_by"])
    refresh(now)
    record(actor=actor, verb=Verb.PUBLISHED if show else Verb.UNPUBLISHED, target=now, at=at)
