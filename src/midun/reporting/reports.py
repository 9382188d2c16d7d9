"""Keeping what was generated or scanned with its form."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from midun.campaigns.models import Campaign
from midun.kernel.documents.report import Kept
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Refused, require
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.services.held import NotReady, require_filler
from midun.reporting.summary import summary_docx


@transaction.atomic
def write_report(
    form: StatForm, campaign: Campaign, *, previous: bytes | None, actor: Actor, at: datetime
) -> tuple[Attachment, list[Kept]]:
    """Generate the unit's summary report and keep it with the form; what was left as a person made it.

    Raises `BadPrevious`.
    """
    require(actor, Permission.RECORD_WORK)
    if actor.user_id is not None and actor.organisation_id != form.unit_id:
        raise Refused("只能生成本单位的总结报告")
    today = localdate(at)
    data, kept = summary_docx(form, campaign, today=today, previous=previous)
    told = "、".join(f"{k.heading or '标题'}（{k.why}）" for k in kept)
    made = attach(
        owner=form,
        data=data,
        name=f"总结报告_{form.unit.label}_{today:%Y%m%d}.docx",
        kind=Attachment.Kind.DOCUMENT,
        caption=(f"更新，未改动：{told}" if told else "更新" if previous else "新生成")[:120],
        actor=actor,
        at=at,
    )
    return made, kept


@transaction.atomic
def attach_scans(form: StatForm, *, files: Sequence[tuple[str, bytes]], actor: Actor, at: datetime) -> None:
    """Keep scans of the printed and sealed form. Raises `NotReady` before the form is handed in."""
    require_filler(form, actor)
    if form.is_editable:
        raise NotReady(["请先提交或定稿，再上传盖章扫描件"])
    for name, data in files:
        attach(owner=form, data=data, name=name, kind=Attachment.Kind.SEALED_FORM, actor=actor, at=at)
