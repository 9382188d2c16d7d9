"""Everything that changes a statistics form."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction

from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused, people_with, require
from midun.kernel.statistics import cells
from midun.kernel.statistics.figures import Period
from midun.kernel.statistics.models import CellAdjustment, CheckExplanation, FormSnapshot, FormState, StatForm
from midun.kernel.statistics.templates import template
from midun.kernel.statistics.workflow import FORM
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.services import perform


class NotReady(Exception):
    """Something stands in the way; `str()` lists it."""

    def __init__(self, problems: Iterable[str]) -> None:
        super().__init__("；".join(problems))


class NotEditable(Exception):
    """The form waits for review or is settled."""

    def __init__(self) -> None:
        super().__init__("统计表已提交或已定稿，不能修改。需要修改的，请先退回或重新打开")


class ChildrenMissing(Exception):
    """Units below have not been accepted and nobody said why the summary goes ahead."""


@transaction.atomic
def open_form(
    *,
    subject: str,
    subject_title: str,
    template_id: str,
    unit: Organisation,
    superior: Organisation | None,
    own_only: bool,
    period: Period,
    due_on: date,
    actor: Actor,
    at: datetime,
) -> tuple[StatForm, bool]:
    """The form of a unit for a subject; opened once, later calls change nothing."""
    content = template(template_id)
    made: StatForm
    made, new = StatForm.objects.unscoped("open once").get_or_create(
        subject=subject,
        template=template_id,
        unit=unit,
        own_only=own_only,
        defaults={
            "template_version": content.version,
            "subject_title": subject_title,
            "superior": superior,
            "start": period.start,
            "end": period.end,
            "due_on": due_on,
            "created_at": at,
        },
    )
    if new:
        record(actor=actor, verb=Verb.CREATED, target=made, at=at, after={"unit": unit.pk, "due_on": str(due_on)})
    return made, new


def _require_filler(form: StatForm, actor: Actor) -> None:
    require(actor, Permission.FILL_FORM)
    if actor.user_id is not None and actor.organisation_id != form.unit_id:
        raise Refused("只能填报本单位的统计表")


def _require_reviewer(form: StatForm, actor: Actor) -> None:
    require(actor, Permission.REVIEW_FORM)
    reviewer = form.superior_id or form.unit_id
    if actor.user_id is not None and actor.organisation_id != reviewer:
        raise Refused("该统计表由其他单位审核")


def _locked(form: StatForm) -> StatForm:
    found = StatForm.objects.unscoped("lock").select_for_update(of=("self",)).select_related("unit__jurisdiction")
    now: StatForm = found.get(pk=form.pk)
    return now


@transaction.atomic
def adjust(form: StatForm, *, figure: str, value: int, reason: str, actor: Actor, at: datetime) -> None:
    """Report another number than the counted one, with the reason; both stay visible."""
    _require_filler(form, actor)
    now = _locked(form)
    if not now.is_editable:
        raise NotEditable
    if figure not in now.content.figures or not reason.strip():
        raise NotReady(["请选择指标并填写调整理由"])
    cell = next(c for c in cells.cells_of(now) if c.line.figure == figure)
    _withdraw(now, figure, at)
    CellAdjustment.objects.create(
        form=now,
        figure=figure,
        computed=cell.computed,
        value=value,
        reason=reason.strip(),
        made_by_id=actor.user_id,
        made_at=at,
    )
    before, after = {figure: cell.reported}, {figure: value, "computed": cell.computed}
    record(actor=actor, verb=Verb.ADJUSTED, target=now, at=at, before=before, after=after, reason=reason)


def _withdraw(form: StatForm, figure: str, at: datetime) -> int:
    valid = CellAdjustment.objects.unscoped("withdraw").filter(form=form, figure=figure, withdrawn_at__isnull=True)
    return int(valid.update(withdrawn_at=at))


@transaction.atomic
def withdraw_adjustment(form: StatForm, *, figure: str, actor: Actor, at: datetime) -> None:
    """Go back to the counted number."""
    _require_filler(form, actor)
    now = _locked(form)
    if not now.is_editable:
        raise NotEditable
    if _withdraw(now, figure, at):
        record(actor=actor, verb=Verb.ADJUSTED, target=now, at=at, after={figure: None}, reason="撤销调整，恢复统计数")


@transaction.atomic
def explain(form: StatForm, *, check_id: str, text: str, actor: Actor, at: datetime) -> None:
    """Say why a broken check is as it should be; an empty text takes the explanation back."""
    _require_filler(form, actor)
    now = _locked(form)
    if not now.is_editable:
        raise NotEditable
    known = CheckExplanation.objects.unscoped("one per check").filter(form=now, check_id=check_id)
    if check_id not in {c.id for c in now.content.checks}:
        raise NotReady(["没有这条核对关系"])
    if not text.strip():
        known.delete()
    else:
        known.update_or_create(form=now, check_id=check_id, defaults={"text": text.strip()[:300], "made_at": at})
    record(actor=actor, verb=Verb.EXPLAINED, target=now, at=at, after={check_id: text.strip()})


def _snapshot(form: StatForm, stage: FormState, at: datetime, counted: list[cells.Cell]) -> FormSnapshot:
    body = cells.body_of(form, counted, stage=stage, at=at)
    made: FormSnapshot = FormSnapshot.objects.create(
        form=form, stage=stage, taken_at=at, body=body, digest=cells.digest_of(body)
    )
    return made


def _tell(
    form: StatForm, unit: Organisation | None, permission: Permission, text: str, at: datetime, kind: str
) -> None:
    if unit is None:
        return
    people = people_with(permission, path=unit.jurisdiction.path)
    key = f"form-{kind}:{form.pk}:{at.timestamp():.0f}"
    send(kind=Notice.Kind.TODO, to=people, text=text, url=form.get_absolute_url(), key=key, at=at)


@transaction.atomic
def submit(form: StatForm, *, actor: Actor, at: datetime) -> None:
    """Hand the form to the superior. Raises `NotReady` with what is missing."""
    _require_filler(form, actor)
    now = _locked(form)
    counted = cells.cells_of(now)
    if now.is_editable and (problems := cells.missing(now, counted)):
        raise NotReady(problems)
    perform(now, FORM.submit, actor=actor, at=at, return_reason="")
    _snapshot(now, FormState.SUBMITTED, at, counted)
    _tell(
        now, now.superior or now.unit, Permission.REVIEW_FORM, f"{now.unit.label}提交了统计表，请审核", at, "submitted"
    )


@transaction.atomic
def return_(form: StatForm, *, reason: str, actor: Actor, at: datetime) -> None:
    """Return a submitted form with the reason."""
    _require_reviewer(form, actor)
    now = _locked(form)
    perform(now, FORM.return_, actor=actor, at=at, reason=reason, return_reason=reason)
    _tell(now, now.unit, Permission.FILL_FORM, f"统计表被退回：{reason}", at, "returned")


@transaction.atomic
def accept(form: StatForm, *, actor: Actor, at: datetime) -> FormSnapshot:
    """Accept a submitted form as the reviewer sees it now: its numbers are frozen with a digest."""
    _require_reviewer(form, actor)
    now = _locked(form)
    counted = cells.cells_of(now)
    perform(now, FORM.accept, actor=actor, at=at)
    snapshot = _snapshot(now, FormState.ACCEPTED, at, counted)
    _tell(now, now.unit, Permission.FILL_FORM, "统计表已审核通过", at, "accepted")
    return snapshot


@transaction.atomic
def freeze(form: StatForm, *, reason: str, actor: Actor, at: datetime) -> FormSnapshot:
    """Settle the summary of the top unit. With units missing below, `reason` must say why it goes ahead."""
    require(actor, Permission.FREEZE_FORM)
    if actor.user_id is not None and actor.organisation_id != form.unit_id:
        raise Refused("只能由汇总单位定稿")
    now = _locked(form)
    open_ones = [child.unit.label for child in cells.children_of(now) if not child.is_settled]
    if open_ones and not reason.strip():
        raise ChildrenMissing(
            f"还有 {len(open_ones)} 个单位未审核通过（{'、'.join(open_ones[:5])}等）。确需先行定稿的，请写明理由"
        )
    counted = cells.cells_of(now)
    if now.is_editable and (problems := cells.missing(now, counted)):
        raise NotReady(problems)
    perform(now, FORM.freeze, actor=actor, at=at, reason=reason)
    return _snapshot(now, FormState.FROZEN, at, counted)


@transaction.atomic
def reopen(form: StatForm, *, reason: str, actor: Actor, at: datetime) -> None:
    """Open a settled form again with the reason; its snapshots stay."""
    _require_reviewer(form, actor)
    now = _locked(form)
    perform(now, FORM.reopen, actor=actor, at=at, reason=reason, return_reason=reason, frozen_at=None)
    _tell(now, now.unit, Permission.FILL_FORM, f"统计表重新打开：{reason}", at, "reopened")


@transaction.atomic
def remind(form: StatForm, *, actor: Actor, at: datetime) -> None:
    """The reviewing unit reminds the filling one."""
    _require_reviewer(form, actor)
    if not form.is_editable:
        raise NotEditable
    text = f"{actor.organisation_name}催报：{form.subject_title}统计表，截止 {form.due_on:%m月%d日}"
    people = people_with(Permission.FILL_FORM, path=form.unit.jurisdiction.path)
    key = f"form-remind:{form.pk}:{at:%Y%m%d}"
    send(kind=Notice.Kind.REMINDER, to=people, text=text, url=form.get_absolute_url(), key=key, at=at)
    record(actor=actor, verb=Verb.REMINDED, target=form, at=at)
