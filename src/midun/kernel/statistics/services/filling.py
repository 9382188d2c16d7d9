"""What the unit does to its form before it is handed in: adjust a number, explain a check."""

from datetime import datetime

from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.statistics import cells, checks, figures
from midun.kernel.statistics.models import CellAdjustment, CheckExplanation, StatForm
from midun.kernel.statistics.services.held import NotReady, editable, require_filler
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


@transaction.atomic
def adjust(form: StatForm, *, version: int, figure: str, value: int, reason: str, actor: Actor, at: datetime) -> None:
    """Report another number than the counted one, with the reason; both stay visible.

    Raises `NotReady` without figure or reason, `NotEditable`, `Stale`.
    """
    require_filler(form, actor)
    now = editable(form, version)
    if figure not in now.content.figures or not reason.strip() or value < 0:
        raise NotReady(["请选择指标，填写 0 或正整数，并写明调整理由"])
    computed = figures.get(figure).value(now.scope, now.period)
    old = _withdraw(now, figure, at)
    CellAdjustment.objects.create(
        form=now,
        figure=figure,
        computed=computed,
        value=value,
        reason=reason.strip(),
        made_by_id=actor.user_id,
        made_at=at,
    )
    before, after = {figure: computed if old is None else old}, {figure: value, "computed": computed}
    record(actor=actor, verb=Verb.ADJUSTED, target=now, at=at, before=before, after=after, reason=reason.strip())


def _withdraw(form: StatForm, figure: str, at: datetime) -> int | None:
    """Withdraw the valid adjustment; returns its value, None where there was none."""
    valid = CellAdjustment.objects.unscoped("withdraw").filter(form=form, figure=figure, withdrawn_at__isnull=True)
    value: int | None = valid.values_list("value", flat=True).first()
    valid.update(withdrawn_at=at)
    return value


@transaction.atomic
def withdraw_adjustment(form: StatForm, *, version: int, figure: str, actor: Actor, at: datetime) -> None:
    """Go back to the counted number. Raises `NotEditable`, `Stale`."""
    require_filler(form, actor)
    now = editable(form, version)
    value = _withdraw(now, figure, at)
    if value is not None:
        before, why = {figure: value}, "撤销调整，恢复统计数"
        record(actor=actor, verb=Verb.ADJUSTED, target=now, at=at, before=before, after={figure: None}, reason=why)


@transaction.atomic
def explain(form: StatForm, *, version: int, check_id: str, text: str, actor: Actor, at: datetime) -> None:
    """Say why a broken check is as it should be; an empty text takes the explanation back.

    Raises `NotReady` for a check that is not broken, `NotEditable`, `Stale`.
    """
    require_filler(form, actor)
    now = editable(form, version)
    known = CheckExplanation.objects.unscoped("one per check").filter(form=now, check_id=check_id)
    before = known.values_list("text", flat=True).first() or ""
    if not text.strip():
        known.delete()
    elif check_id not in {finding.id for finding in checks.findings(cells.fill(now))}:
        raise NotReady(["这条核对关系已经符合，不需要说明"])
    else:
        known.update_or_create(form=now, check_id=check_id, defaults={"text": text.strip()[:300], "made_at": at})
    record(
        actor=actor,
        verb=Verb.EXPLAINED,
        target=now,
        at=at,
        before={check_id: before},
        after={check_id: text.strip()[:300]},
    )
