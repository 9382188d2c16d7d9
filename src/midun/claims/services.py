"""Everything that changes the claims ledger."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.timezone import localdate

from midun.claims.models import Claim, Source, Suggestion, Urgency
from midun.claims.workflow import CLAIM, OPEN, WORKING_DAYS
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ENTERPRISE_ROLES, OrganisationKind, Permission
from midun.kernel.orgs.models import Membership, Organisation
from midun.kernel.orgs.services import Refused, people_with, require
from midun.kernel.trail.services import record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.calendar import DueDate, WorkCalendar
from midun.kernel.workflow.services import perform
from midun.lib.wording import quoted

_TRIES = 20


class NotOurs(Exception):
    """The claim is handled by another unit now."""

    def __init__(self) -> None:
        super().__init__("该诉求现由其他单位办理，本单位不能办理")


class BadTarget(Exception):
    """A claim cannot be handed to that unit."""

    def __init__(self) -> None:
        super().__init__("只能转办给下级、同级或上级单位中的办理单位，且不能转给自己")


class NotOpen(Exception):
    """The claim is closed already."""

    def __init__(self) -> None:
        super().__init__("该诉求已经办结，请刷新页面查看")


class NotClosed(Exception):
    """Only a closed claim can be rated."""

    def __init__(self) -> None:
        super().__init__("办结后才能评价")


class ReasonNeeded(Exception):
    """The act needs a reason."""

    def __init__(self) -> None:
        super().__init__("请写明理由")


def due(raised_on: date, urgency: str) -> DueDate:
    """The last day of the service pledge."""
    return WorkCalendar().add(raised_on, WORKING_DAYS[Urgency(urgency)])


def handling_unit(enterprise: Organisation) -> Organisation:
    """The bureau of the enterprise's own node, or the nearest one above it."""
    path = enterprise.jurisdiction.path
    line = [path[: i + 1] for i, c in enumerate(path) if c == "."]
    bureaus = Organisation.objects.unscoped("the bureau in charge").filter(
        kind=OrganisationKind.BUREAU, closed_on__isnull=True, jurisdiction__path__in=line
    )
    found: Organisation = bureaus.order_by("-jurisdiction__level", "-jurisdiction__path").select_related(
        "jurisdiction"
    )[0]
    return found


def _next_number(unit: Organisation, year: int) -> str:
    prefix = f"SQ-{year}-{unit.jurisdiction_id}-"
    last = Claim.objects.unscoped("numbering").filter(number__startswith=prefix).aggregate(last=Max("number"))["last"]
    return f"{prefix}{int(last.rsplit('-', 1)[1]) + 1 if last else 1:04d}"


@transaction.atomic
def register(*, unit: Organisation, enterprise: Organisation, actor: Actor, at: datetime, **fields: Any) -> Claim:
    """Enter a claim for `unit` to handle, with its number and deadline. `raised_on` defaults to the day of `at`."""
    require(actor, Permission.RAISE_CLAIM if actor.role in ENTERPRISE_ROLES else Permission.REGISTER_CLAIM)
    if actor.role in ENTERPRISE_ROLES and enterprise.pk != actor.organisation_id:
        raise Refused("只能为本企业提出诉求")
    fields.setdefault("raised_on", localdate(at))
    fields.setdefault("urgency", Urgency.NORMAL)
    last_day = due(fields["raised_on"], fields["urgency"]).day
    for _ in range(_TRIES):
        number = _next_number(unit, fields["raised_on"].year)
        claim = Claim(
            unit=unit,
            enterprise=enterprise,
            number=number,
            due_on=last_day,
            created_at=at,
            created_by_id=actor.user_id,
            **fields,
        )
        try:
            with transaction.atomic():
                claim.save(force_insert=True)
        except IntegrityError:
            continue
        after = snapshot(claim, "number", "enterprise", "topic", "urgency", "title", "due_on", "source")
        record(actor=actor, verb=Verb.CREATED, target=claim, at=at, after=after)
        _tell_unit(claim, f"新诉求待受理：{claim.title}", key=f"claim-new:{claim.pk}", at=at)
        return claim
    raise IntegrityError("no free claim number")


def _tell_unit(claim: Claim, text: str, *, key: str, at: datetime, kind: Notice.Kind = Notice.Kind.TODO) -> None:
    people = people_with(Permission.HANDLE_CLAIM, path=claim.unit.jurisdiction.path)
    send(kind=kind, to=people, text=text, url=claim.get_absolute_url(), key=key, at=at)


def _tell_enterprise(claim: Claim, text: str, *, key: str, at: datetime) -> None:
    members = (
        Membership.objects.unscoped("whom to notify")
        .current()
        .filter(organisation_id=claim.enterprise_id, role__in=[r.value for r in ENTERPRISE_ROLES])
    )
    url = reverse("claims:own-claim", args=(claim.pk,))
    send(kind=Notice.Kind.RESULT, to=members.select_related("user"), text=text, url=url, key=key, at=at)


def _require_handler(claim: Claim, actor: Actor) -> None:
    require(actor, Permission.HANDLE_CLAIM)
    if actor.user_id is not None and actor.organisation_id != claim.unit_id:
        raise NotOurs


@transaction.atomic
def accept(claim: Claim, *, actor: Actor, at: datetime) -> None:
    """Take a claim on."""
    _require_handler(claim, actor)
    perform(claim, CLAIM.accept, actor=actor, at=at)
    _tell_enterprise(claim, f"您的诉求{quoted(claim.title)}已受理", key=f"claim-accepted:{claim.pk}", at=at)


@transaction.atomic
def refuse(claim: Claim, *, reason: str, reply: str, actor: Actor, at: datetime) -> None:
    """Refuse a claim, with an internal reason and what the enterprise is told."""
    _require_handler(claim, actor)
    perform(claim, CLAIM.refuse, actor=actor, at=at, reason=reason, reply=reply)
    _tell_enterprise(
        claim, f"您的诉求{quoted(claim.title)}未予受理，请查看说明", key=f"claim-refused:{claim.pk}", at=at
    )


@transaction.atomic
def start(claim: Claim, *, actor: Actor, at: datetime) -> None:
    """Begin to work on a claim."""
    _require_handler(claim, actor)
    perform(claim, CLAIM.start, actor=actor, at=at)


@transaction.atomic
def close(claim: Claim, *, resolved: bool, reply: str, actor: Actor, at: datetime) -> None:
    """Close a claim with a reply to the enterprise; `resolved` says whether the difficulty is gone."""
    _require_handler(claim, actor)
    if not reply.strip():
        raise ReasonNeeded
    perform(claim, CLAIM.close, actor=actor, at=at, resolved=resolved, reply=reply)
    _tell_enterprise(
        claim, f"您的诉求{quoted(claim.title)}已办结，请查看答复并评价", key=f"claim-closed:{claim.pk}", at=at
    )


def targets(claim: Claim, actor: Actor) -> Any:
    """The units a claim may be handed to: the actor's subtree and the line above it."""
    known = Organisation.objects.visible_to(actor).units().active()
    return known.exclude(pk=claim.unit_id).select_related("jurisdiction").order_by("jurisdiction__path")


@transaction.atomic
def transfer(claim: Claim, *, to: Organisation, reason: str, actor: Actor, at: datetime) -> None:
    """Hand an open claim to another unit; the pledge starts anew and the state goes back to registered."""
    require(actor, Permission.HANDLE_CLAIM)
    if not reason.strip():
        raise ReasonNeeded
    now: Claim = (
        Claim.objects.unscoped("lock")
        .select_for_update(of=("self",))
        .select_related("unit__jurisdiction")
        .get(pk=claim.pk)
    )
    if (
        actor.user_id is not None
        and actor.organisation_id != now.unit_id
        and not actor.is_above(now.unit.jurisdiction.path)
    ):
        raise NotOurs
    if now.state not in OPEN:
        raise NotOpen
    if not targets(now, actor).filter(pk=to.pk).exists():
        raise BadTarget
    before = snapshot(now, "unit", "due_on", "state")
    now.unit, now.state, now.accepted_at = to, OPEN[0].value, None
    now.due_on = due(localdate(at), now.urgency).day
    now.save(update_fields=["unit", "state", "accepted_at", "due_on"])
    after = snapshot(now, "unit", "due_on", "state")
    record(actor=actor, verb=Verb.TRANSFERRED, target=now, at=at, before=before, after=after, reason=reason)
    _tell_unit(now, f"转来诉求待受理：{now.title}", key=f"claim-transfer:{now.pk}:{at.timestamp():.0f}", at=at)


@transaction.atomic
def remind(claim: Claim, *, actor: Actor, at: datetime) -> None:
    """A superior reminds the unit in charge; once a day has an effect."""
    if not actor.is_above(claim.unit.jurisdiction.path):
        raise Refused("只有上级单位可以催办")
    if claim.state not in OPEN:
        raise NotOpen
    key = f"claim-remind:{claim.pk}:{localdate(at)}"
    _tell_unit(claim, f"{actor.organisation_name}催办诉求：{claim.title}", key=key, at=at, kind=Notice.Kind.REMINDER)
    record(actor=actor, verb=Verb.REMINDED, target=claim, at=at)


@transaction.atomic
def rate(claim: Claim, *, satisfaction: int, note: str, actor: Actor, at: datetime) -> None:
    """The enterprise rates a closed claim; a later rating replaces the earlier one and both are in the trail."""
    require(actor, Permission.RAISE_CLAIM)
    if claim.enterprise_id != actor.organisation_id:
        raise Refused("只能评价本企业的诉求")
    if claim.closed_at is None:
        raise NotClosed
    before = snapshot(claim, "satisfaction", "satisfaction_note")
    claim.satisfaction, claim.satisfaction_note = satisfaction, note
    claim.save(update_fields=["satisfaction", "satisfaction_note"])
    after = snapshot(claim, "satisfaction", "satisfaction_note")
    record(actor=actor, verb=Verb.RATED, target=claim, at=at, before=before, after=after)


@transaction.atomic
def mark_lead(claim: Claim, *, is_lead: bool, reason: str, actor: Actor, at: datetime) -> None:
    """Mark a claim as smelling of infringement for later case work, or take the mark off; never shown to the enterprise."""
    _require_handler(claim, actor)
    if not reason.strip():
        raise ReasonNeeded
    if claim.is_lead == is_lead:
        return
    claim.is_lead = is_lead
    claim.save(update_fields=["is_lead"])
    verb = Verb.MARKED_LEAD if is_lead else Verb.UNMARKED_LEAD
    record(actor=actor, verb=verb, target=claim, at=at, after={"is_lead": is_lead}, reason=reason)


@transaction.atomic
def suggest(*, unit: Organisation, actor: Actor, at: datetime, **fields: Any) -> Suggestion:
    """Enter one suggestion."""
    require(actor, Permission.RECORD_WORK)
    fields.setdefault("source", Source.OTHER)
    made: Suggestion = Suggestion.objects.create(unit=unit, created_at=at, created_by_id=actor.user_id, **fields)
    record(actor=actor, verb=Verb.CREATED, target=made, at=at, after=snapshot(made, *fields))
    return made


@transaction.atomic
def void_suggestion(suggestion: Suggestion, *, reason: str, actor: Actor, at: datetime) -> None:
    """Void a suggestion with a reason: it no longer counts."""
    require(actor, Permission.RECORD_WORK)
    if not reason.strip():
        raise ReasonNeeded
    live = Suggestion.objects.unscoped("void").filter(pk=suggestion.pk, voided_at__isnull=True)
    if live.update(voided_at=at, void_reason=reason[:300]):
        record(actor=actor, verb=Verb.VOIDED, target=suggestion, at=at, reason=reason)
