"""The handling of a claim, step by step."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from midun.claims.models import OPEN, Claim, Handover, Note
from midun.claims.services.clock import clock_for
from midun.claims.services.ledger import BadTarget, Files, held, targets
from midun.claims.services.telling import tell_enterprise, tell_former_units, tell_unit
from midun.claims.workflow import CLAIM
from midun.kernel.files.services import attach_all
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission, Role
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused, require
from midun.kernel.trail.services import record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.services import ReasonMissing, perform
from midun.lib.wording import quoted


class NotOurs(Exception):
    """The claim is handled by another unit now."""

    def __init__(self) -> None:
        super().__init__("该诉求现由其他单位办理，本单位不能办理")


class NotOpen(Exception):
    """The claim is closed already."""

    def __init__(self) -> None:
        super().__init__("该诉求已经办结，请刷新页面查看")


class NotEnded(Exception):
    """Only a claim that came to an end can be rated."""

    def __init__(self) -> None:
        super().__init__("办结后才能评价")


class ReplyMissing(Exception):
    """The enterprise must be told something."""

    def __init__(self) -> None:
        super().__init__("请写明答复企业的内容")


class AlreadyReminded(Exception):
    """The unit was reminded today, or nobody there can be reached."""


def _held_by_handler(claim: Claim, actor: Actor) -> Claim:
    """The claim, locked, for somebody of the unit in charge. Raises `Refused`, `NotOurs`, `Voided`."""
    require(actor, Permission.HANDLE_CLAIM)
    now = held(claim)
    if actor.user_id is not None and actor.organisation_id != now.unit_id:
        raise NotOurs
    return now


@transaction.atomic
def accept(claim: Claim, *, actor: Actor, at: datetime) -> None:
    """Take a claim on."""
    now = _held_by_handler(claim, actor)
    perform(now, CLAIM.accept, actor=actor, at=at)
    tell_enterprise(now, f"您的诉求{quoted(now.title)}已受理", key=f"claim-accepted:{now.pk}:{now.unit_id}", at=at)


@transaction.atomic
def refuse(claim: Claim, *, reason: str, reply: str, actor: Actor, at: datetime) -> None:
    """Refuse a claim, with an internal reason and what the enterprise is told."""
    now = _held_by_handler(claim, actor)
    if not reply.strip():
        raise ReplyMissing
    perform(now, CLAIM.refuse, actor=actor, at=at, reason=reason, reply=reply)
    key = f"claim-refused:{now.pk}"
    tell_enterprise(now, f"您的诉求{quoted(now.title)}未予受理，请查看说明", key=key, at=at)
    tell_former_units(now, f"诉求{quoted(now.title)}未予受理：{now.unit.label}", key=key, at=at)


@transaction.atomic
def start(claim: Claim, *, actor: Actor, at: datetime) -> None:
    """Begin to work on a claim."""
    perform(_held_by_handler(claim, actor), CLAIM.start, actor=actor, at=at)


@transaction.atomic
def close(claim: Claim, *, resolved: bool, reply: str, actor: Actor, at: datetime) -> None:
    """Close a claim with a reply to the enterprise; `resolved` says whether the difficulty is gone."""
    now = _held_by_handler(claim, actor)
    if not reply.strip():
        raise ReplyMissing
    perform(now, CLAIM.close, actor=actor, at=at, resolved=resolved, reply=reply)
    key = f"claim-closed:{now.pk}"
    tell_enterprise(now, f"您的诉求{quoted(now.title)}已办结，请查看答复并评价", key=key, at=at)
    tell_former_units(now, f"诉求{quoted(now.title)}已由{now.unit.label}办结", key=key, at=at)


@transaction.atomic
def note(claim: Claim, *, text: str, told: bool, actor: Actor, at: datetime, files: Files = ()) -> Note:
    """Write down what was done; with `told` the enterprise reads it (and its files) as well."""
    now = _held_by_handler(claim, actor)
    if now.state not in OPEN:
        raise NotOpen
    if not text.strip():
        raise ReasonMissing("请写明办理情况")
    made: Note = Note.objects.create(claim=now, unit_id=now.unit_id, text=text, told=told, at=at, by_id=actor.user_id)
    verb = Verb.REPLIED if told else Verb.CREATED
    after = snapshot(made, "claim", "text", "told")
    record(actor=actor, verb=verb, target=made, at=at, after=after, label=f"{now.number} 办理情况")
    attach_all(owner=made, files=files, actor=actor, at=at)
    if told:
        tell_enterprise(now, f"您的诉求{quoted(now.title)}有新的答复", key=f"claim-note:{made.pk}", at=at)
    return made


@transaction.atomic
def transfer(claim: Claim, *, to: Organisation, reason: str, actor: Actor, at: datetime) -> None:
    """Hand an open claim to another unit: it waits to be taken on there and the pledge starts anew.

    The unit in charge and those above it may do so. Raises `BadTarget`, `NotOurs`, `ReasonMissing`, `WrongState`.
    """
    require(actor, Permission.HANDLE_CLAIM)
    now = held(claim)
    from_here = actor.organisation_id == now.unit_id or actor.is_above(now.unit.jurisdiction.path)
    if actor.user_id is not None and not from_here:
        raise NotOurs
    if to.pk == now.unit_id or not targets(actor).filter(pk=to.pk).exists():
        raise BadTarget
    source = now.unit
    clock = clock_for(localdate(at), now.urgency)
    perform(now, CLAIM.transfer, actor=actor, at=at, reason=reason, unit_id=to.pk, accepted_at=None, **clock.fields())
    Handover.objects.create(claim=now, source=source, target=to, reason=reason[:500], at=at, by_id=actor.user_id)
    now.unit = to
    moment = f"{at.timestamp():.0f}"
    tell_unit(now, f"转来诉求待受理：{now.title}", key=f"claim-transfer:{now.pk}:{moment}", at=at)
    text = f"您的诉求{quoted(now.title)}已转由{to.name}办理"
    tell_enterprise(now, text, key=f"claim-transfer:{now.pk}:{moment}", at=at)


@transaction.atomic
def remind(claim: Claim, *, actor: Actor, at: datetime) -> None:
    """A superior unit, or the leader of the unit in charge, urges it on; once a day."""
    require(actor, Permission.SUPERVISE_CLAIM)
    now = held(claim)
    path = now.unit.jurisdiction.path
    own_leader = actor.role == Role.LEADER and actor.organisation_id == now.unit_id
    if not (actor.is_above(path) or own_leader):
        raise Refused("只有上级单位和本单位领导可以催办")
    if now.state not in OPEN:
        raise NotOpen
    key = f"claim-remind:{now.pk}:{localdate(at)}:{actor.organisation_id}"
    text = f"{actor.organisation_name}催办诉求：{now.title}"
    if not tell_unit(now, text, key=key, at=at, kind=Notice.Kind.REMINDER):
        raise AlreadyReminded("今天已经催办过，或者办理单位还没有经办人账号，没有重复通知")
    record(actor=actor, verb=Verb.REMINDED, target=now, at=at)


@transaction.atomic
def rate(claim: Claim, *, satisfaction: int, note: str, actor: Actor, at: datetime) -> None:
    """The enterprise rates a claim that ended; a later rating replaces the earlier one and both are in the trail."""
    require(actor, Permission.RAISE_CLAIM)
    now = held(claim)
    if now.enterprise_id != actor.organisation_id:
        raise Refused("只能评价本企业的诉求")
    if now.closed_at is None:
        raise NotEnded
    before = snapshot(now, "satisfaction", "satisfaction_note")
    now.satisfaction, now.satisfaction_note = satisfaction, note
    now.save(update_fields=["satisfaction", "satisfaction_note"])
    after = snapshot(now, "satisfaction", "satisfaction_note")
    record(actor=actor, verb=Verb.RATED, target=now, at=at, before=before, after=after)


@transaction.atomic
def mark_lead(claim: Claim, *, is_lead: bool, reason: str, actor: Actor, at: datetime) -> None:
    """Mark a claim as smelling of infringement for later case work, or take the mark off. Enterprises never see it."""
    now = _held_by_handler(claim, actor)
    if not reason.strip():
        raise ReasonMissing("请写明标记或取消标记的理由")
    if now.is_lead == is_lead:
        return
    now.is_lead = is_lead
    now.save(update_fields=["is_lead"])
    verb = Verb.MARKED_LEAD if is_lead else Verb.UNMARKED_LEAD
    record(actor=actor, verb=verb, target=now, at=at, after={"is_lead": is_lead}, reason=reason)
