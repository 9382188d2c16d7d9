"""The steps of a form's way. Each is one transaction: state, snapshot, records and trail are all there or none is."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused, Stale, people_with, require
from midun.kernel.statistics.body import Body, digest_of
from midun.kernel.statistics.cells import Filled, fill
from midun.kernel.statistics.checks import body_of, findings, obstacles
from midun.kernel.statistics.models import CountedRecords, FormSnapshot, FormState, StatForm
from midun.kernel.statistics.services.held import NotReady, locked, require_filler, require_reviewer
from midun.kernel.statistics.settled import tell
from midun.kernel.statistics.workflow import FORM
from midun.kernel.workflow.definition import Step
from midun.kernel.workflow.services import perform

_REMARK = 300
_NAMED = 5


class ChildrenMissing(Exception):
    """Units below have not been accepted and nobody said why the summary goes ahead."""


def _take(
    now: StatForm, step: Step, version: int, *, actor: Actor, at: datetime, reason: str = "", **stamps: object
) -> None:
    """Take the step. Who comes too late for the state hears who was faster; for the version, that it changed."""
    perform(now, step, actor=actor, at=at, reason=reason, version=now.version + 1, **stamps)
    if now.version != version + 1:
        raise Stale


def _snapshot(now: StatForm, body: Body, filled: Filled | None, at: datetime) -> FormSnapshot:
    made: FormSnapshot = FormSnapshot.objects.create(
        form=now, stage=body.data["stage"], taken_at=at, body=body.text, digest=digest_of(body.text)
    )
    kept = filled.kept if filled else []
    CountedRecords.objects.bulk_create(
        CountedRecords(snapshot=made, figure=figure, part=part, records=rows) for figure, part, rows in kept
    )
    if made.stage in (FormState.ACCEPTED, FormState.FROZEN):
        tell(made, at)
    return made


def _handed_in(form: StatForm, stage: FormState, at: datetime) -> Body:
    """What the form states already, at a later stage."""
    filled = fill(form)
    if filled.body is None or not filled.intact:
        raise NotReady(["统计表快照与其摘要不符，不能继续办理。请联系系统管理员核查数据库"])
    return filled.body.at_stage(stage.value, at=at, previous=form.digest)


def _counted(form: StatForm, stage: FormState, at: datetime, missing_reason: str = "") -> tuple[Body, Filled]:
    """The numbers as they are now. Raises `NotReady` with the hard checks that nobody explained."""
    filled = fill(form, keep=True)
    found = findings(filled)
    if problems := obstacles(found):
        raise NotReady(problems)
    body = body_of(filled, found, stage=stage.value, at=at, missing_reason=missing_reason, previous=form.digest)
    return body, filled


def _tell(form: StatForm, unit: Organisation, permission: Permission, text: str, at: datetime) -> None:
    people = people_with(permission, path=unit.jurisdiction.path)
    key = f"form-{form.pk}-{form.version}"
    send(kind=Notice.Kind.TODO, to=people, text=text, url=form.get_absolute_url(), key=key, at=at)


@transaction.atomic
def submit(form: StatForm, *, version: int, actor: Actor, at: datetime) -> FormSnapshot:
    """Hand the form to the unit above. A summary is handed in as it was frozen; another form is counted now.

    From here on the form states these numbers. Raises `NotReady` with what is missing, `WrongState`, `Stale`.
    """
    require_filler(form, actor)
    now = locked(form)
    if now.above is None:
        raise NotReady(["这是最上一级的汇总表，不需要上报，请“汇总定稿”"])
    if now.is_editable and now.below.exists():
        raise NotReady(["汇总表须先“汇总定稿”，再上报"])
    filled = None
    if now.state == FormState.FROZEN:
        body = _handed_in(now, FormState.SUBMITTED, at)
    else:
        body, filled = _counted(now, FormState.SUBMITTED, at)
    digest = digest_of(body.text)
    _take(now, FORM.submit, version, actor=actor, at=at, digest=digest, return_reason="", remarks={})
    made = _snapshot(now, body, filled, at)
    _tell(now, now.above.unit, Permission.REVIEW_FORM, f"{now}已提交，请审核", at)
    return made


@transaction.atomic
def withdraw(form: StatForm, *, version: int, actor: Actor, at: datetime) -> None:
    """Take a form back before it is reviewed. Raises `WrongState`, `Stale`."""
    require_filler(form, actor)
    now = locked(form)
    _take(now, FORM.withdraw, version, actor=actor, at=at, frozen_at=None)


@transaction.atomic
def return_(
    form: StatForm,
    *,
    version: int,
    reason: str,
    actor: Actor,
    at: datetime,
    remarks: Mapping[str, str] | None = None,
) -> None:
    """Return a submitted form with the reason, and remarks on single cells. Raises `ReasonMissing`, `WrongState`."""
    require_reviewer(form, actor)
    now = locked(form)
    known = now.content.figures
    told = {name: text.strip()[:_REMARK] for name, text in (remarks or {}).items() if name in known and text.strip()}
    _take(
        now,
        FORM.return_,
        version,
        actor=actor,
        at=at,
        reason=reason.strip(),
        return_reason=reason.strip(),
        remarks=told,
        frozen_at=None,
    )
    _tell(now, now.unit, Permission.FILL_FORM, f"{now}被退回：{reason.strip()}", at)


@transaction.atomic
def accept(form: StatForm, *, version: int, actor: Actor, at: datetime) -> FormSnapshot:
    """Accept a form as it was submitted: its numbers are frozen with a digest. Raises `WrongState`, `Stale`."""
    require_reviewer(form, actor)
    now = locked(form)
    body = _handed_in(now, FormState.ACCEPTED, at) if now.state == FormState.SUBMITTED else Body({})
    _take(now, FORM.accept, version, actor=actor, at=at, digest=digest_of(body.text))
    made = _snapshot(now, body, None, at)
    _tell(now, now.unit, Permission.FILL_FORM, f"{now}已审核通过", at)
    return made


def _require_gatherer(form: StatForm, actor: Actor) -> None:
    require(actor, Permission.FREEZE_FORM)
    if actor.user_id is not None and actor.organisation_id != form.unit_id:
        raise Refused("只能由汇总单位定稿或取消定稿")


@transaction.atomic
def freeze(form: StatForm, *, version: int, reason: str, actor: Actor, at: datetime) -> FormSnapshot:
    """Settle a summary. With units missing below, `reason` must say why it goes ahead; it travels with the form.

    Raises `ChildrenMissing`, `NotReady` with the hard checks that nobody explained, `WrongState`, `Stale`.
    """
    _require_gatherer(form, actor)
    now = locked(form)
    children = list(now.below.select_related("unit"))
    if now.own_only or (now.above is not None and not children):
        raise NotReady(["这张表直接提交审核，不需要汇总定稿"])
    waiting = [child for child in children if child.state != FormState.ACCEPTED]
    if now.is_editable and waiting and not reason.strip():
        more = "等" if len(waiting) > _NAMED else ""
        names = "、".join(child.unit.label for child in waiting[:_NAMED]) + more
        raise ChildrenMissing(f"还有 {len(waiting)} 个单位未审核通过（{names}）。确需先行定稿的，请写明理由")
    told = reason.strip() if waiting else ""
    body, filled = _counted(now, FormState.FROZEN, at, told) if now.is_editable else (Body({}), None)
    _take(
        now,
        FORM.freeze,
        version,
        actor=actor,
        at=at,
        reason=told,
        digest=digest_of(body.text),
        return_reason="",
        remarks={},
    )
    return _snapshot(now, body, filled, at)


@transaction.atomic
def reopen(form: StatForm, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Open a settled form again with the reason; its snapshots stay. Not under a summary that is settled itself.

    Raises `NotReady`, `ReasonMissing`, `WrongState`, `Stale`.
    """
    now = locked(form)
    if now.state == FormState.FROZEN:
        _require_gatherer(now, actor)
    else:
        require_reviewer(now, actor)
    if now.above is not None and not now.above.is_editable:
        raise NotReady([f"{now.above.unit.label}的汇总表已定稿或已上报，须先退回或重新打开汇总表"])
    why = reason.strip()
    _take(now, FORM.reopen, version, actor=actor, at=at, reason=why, return_reason=why, frozen_at=None)
    _tell(now, now.unit, Permission.FILL_FORM, f"{now}重新打开：{why}", at)
