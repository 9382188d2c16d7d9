"""The entry in the ledger: registered with its number and deadlines, corrected, voided, restored."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q
from django.db.models.functions import Length
from django.utils.timezone import localdate

from midun.claims.models import OPEN, Claim, Source, Urgency
from midun.claims.services.clock import clock_for
from midun.claims.services.telling import tell_unit
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach_all, remove
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ENTERPRISE_ROLES, Permission
from midun.kernel.orgs.models import Jurisdiction, Organisation
from midun.kernel.orgs.services import Refused, Stale, claim_version, require
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb

Files = Sequence[tuple[str, bytes]]


class Voided(Exception):
    """The claim was voided."""

    def __init__(self) -> None:
        super().__init__("该诉求已作废，不能再办理；如系误作废，请先恢复")


class BadTarget(Exception):
    """A claim cannot be given to that unit."""

    def __init__(self) -> None:
        super().__init__("只能交给本单位、直接下级单位或上级市场监管部门办理；需要交给其他区的，请转给共同上级")


class NotEditable(Exception):
    """Only an open claim can be corrected."""

    def __init__(self) -> None:
        super().__init__("该诉求已经办结，登记内容不能再修改")


def held(claim: Claim) -> Claim:
    """The claim as it is now, locked until the end of the transaction. Raises `Voided`.

    Locked first and read with its unit afterwards: a row that changes its unit while one waits for the lock would fall
    out of a join that is locked in one go (PostgreSQL looks again at the row, but not at what it is joined to).
    """
    rows = Claim.objects.unscoped("lock")
    rows.select_for_update().get(pk=claim.pk)
    now: Claim = rows.select_related("unit__jurisdiction", "enterprise").get(pk=claim.pk)
    if now.voided_at is not None:
        raise Voided
    return now


def targets(actor: Actor) -> Any:
    """The units a claim may be given to, step by step: the actor's own node, those right below, the line above."""
    known = Organisation.objects.visible_to(actor).units().active()
    line = [actor.path[: i + 1] for i, c in enumerate(actor.path) if c == "."]
    near = Q(jurisdiction__path__in=line) | Q(jurisdiction__parent__path=actor.path)
    return known.filter(near).select_related("jurisdiction").order_by("jurisdiction__path")


def _next_number(unit: Organisation, year: int) -> str:
    """The next number of the unit's year. The unit's node is locked, so nobody else numbers at the same time."""
    Jurisdiction.objects.unscoped("numbering").select_for_update(no_key=True).get(pk=unit.jurisdiction_id)
    prefix = f"SQ-{year}-{unit.pk}-"
    used = Claim.objects.unscoped("numbering").filter(number__startswith=prefix)
    longest = used.aggregate(n=Max(Length("number")))["n"]
    last = used.annotate(n=Length("number")).filter(n=longest).aggregate(last=Max("number"))["last"]
    return f"{prefix}{int(last.rsplit('-', 1)[1]) + 1 if last else 1:04d}"


def _check_registration(unit: Organisation, enterprise: Organisation, actor: Actor) -> None:
    if actor.role in ENTERPRISE_ROLES:
        require(actor, Permission.RAISE_CLAIM)
        if enterprise.pk != actor.organisation_id:
            raise Refused("只能为本企业提出诉求")
        return
    require(actor, Permission.REGISTER_CLAIM)
    if (
        actor.user_id is not None
        and unit.pk != actor.organisation_id
        and not targets(actor).filter(pk=unit.pk).exists()
    ):
        raise BadTarget


@transaction.atomic
def register(
    *, unit: Organisation, enterprise: Organisation, actor: Actor, at: datetime, files: Files = (), **fields: Any
) -> Claim:
    """Enter a claim for `unit` to handle, with its number and deadlines. `raised_on` defaults to the day of `at`.

    Raises `BadTarget` when the actor cannot give work to `unit`.
    """
    _check_registration(unit, enterprise, actor)
    own = actor.role in ENTERPRISE_ROLES
    fields.setdefault("raised_on", localdate(at))
    fields.setdefault("urgency", Urgency.NORMAL)
    if own:
        fields["source"] = Source.ENTERPRISE
    clock = clock_for(fields["raised_on"], fields["urgency"])
    claim: Claim = Claim.objects.create(
        unit=unit,
        registrar_id=None if own else actor.organisation_id or unit.pk,
        enterprise=enterprise,
        number=_next_number(unit, fields["raised_on"].year),
        created_at=at,
        created_by_id=actor.user_id,
        **clock.fields(),
        **fields,
    )
    after = snapshot(
        claim, "number", "unit", "enterprise", "topic", "urgency", "title", "raised_on", "due_on", "source"
    )
    record(actor=actor, verb=Verb.CREATED, target=claim, at=at, after=after)
    attach_all(owner=claim, files=files, actor=actor, at=at)
    tell_unit(claim, f"新诉求待受理：{claim.title}", key=f"claim-new:{claim.pk}", at=at)
    return claim


def _require_keeper(claim: Claim, actor: Actor) -> None:
    """The unit in charge and the one that took the claim down may correct the entry."""
    require(actor, Permission.REGISTER_CLAIM)
    if actor.user_id is not None and actor.organisation_id not in (claim.unit_id, claim.registrar_id):
        raise Refused("只有登记单位和办理单位可以修改诉求的登记内容")


@transaction.atomic
def change(
    claim: Claim, *, version: int, actor: Actor, at: datetime, fields: Mapping[str, Any], files: Files = ()
) -> None:
    """Correct the entry of an open claim; another day or urgency moves the deadlines. Raises `Stale`, `NotEditable`."""
    now = held(claim)
    _require_keeper(now, actor)
    if now.state not in OPEN:
        raise NotEditable
    wanted = dict(fields)
    handed_on = now.handovers.exists()
    start = now.clock_from if handed_on else wanted.get("raised_on", now.raised_on)
    urgency = wanted.get("urgency", now.urgency)
    if (start, urgency) != (now.clock_from, now.urgency):
        wanted |= clock_for(start, urgency).fields()
    names = tuple(wanted)
    old = snapshot(now, *names)
    for name, value in wanted.items():
        setattr(now, name, value)
    before, after = changed(old, snapshot(now, *names))
    if after:
        claim_version(now, version)
        now.save(update_fields=names)
        record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=before, after=after)
    attach_all(owner=now, files=files, actor=actor, at=at)


@transaction.atomic
def remove_file(claim: Claim, *, attachment: Attachment, reason: str, actor: Actor, at: datetime) -> None:
    """Take a file off a claim with a reason, e.g. one that shows the secret itself."""
    now = held(claim)
    _require_keeper(now, actor)
    remove(attachment=attachment, owner=now, actor=actor, at=at, reason=reason)


@transaction.atomic
def void(claim: Claim, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Void an entry made by mistake. What an enterprise raised itself is never voided: it gets an answer."""
    now = held(claim)
    _require_keeper(now, actor)
    if now.source == Source.ENTERPRISE:
        raise Refused("企业自行提出的诉求不能作废：请受理，或者不予受理并告知企业理由")
    claim_version(now, version)
    now.voided_at, now.void_reason = at, reason
    now.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.VOIDED, target=now, at=at, reason=reason)


@transaction.atomic
def restore(claim: Claim, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Take a voiding back."""
    rows = Claim.objects.unscoped("lock").select_for_update(of=("self",))
    now: Claim = rows.get(pk=claim.pk)
    _require_keeper(now, actor)
    if now.voided_at is None:
        raise Stale
    claim_version(now, version)
    before = {"voided_at": str(now.voided_at), "void_reason": now.void_reason}
    now.voided_at, now.void_reason = None, ""
    now.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.RESTORED, target=now, at=at, before=before, reason=reason)
