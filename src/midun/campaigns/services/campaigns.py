"""Making, editing, launching and closing a campaign."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from midun.campaigns.campaign_templates import CampaignTemplate
from midun.campaigns.models import Campaign, CampaignUnit, PlanLine, RequiredForm, Strand
from midun.campaigns.services import participants
from midun.campaigns.services.notices import tell_unit
from midun.campaigns.services.rights import NotNow, lock, require_not_closed, require_organiser
from midun.campaigns.workflow import CAMPAIGN
from midun.kernel.files import services as files
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused, claim_version, require
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.services import perform

_EDITABLE = ("title", "theme", "notice_number", "year", "start", "end", "plan_due_on")


@transaction.atomic
def create_from_template(
    *, template: CampaignTemplate, organiser: Organisation, actor: Actor, at: datetime, year: int | None = None
) -> Campaign:
    """Make a draft campaign of `organiser` from content, its direct subordinates already chosen as participants."""
    _require_own(actor, organiser)
    shift = (year or template.start.year) - template.start.year
    campaign: Campaign = Campaign.objects.create(
        organiser=organiser,
        title=template.title,
        theme=template.theme,
        notice_number=template.notice_number if not shift else "",
        level=organiser.jurisdiction.level,
        year=template.start.year + shift,
        start=later(template.start, shift),
        end=later(template.end, shift),
        template=template.reference,
        created_at=at,
    )
    Strand.objects.bulk_create(
        Strand(campaign=campaign, key=s.key, heading=s.heading, keywords="、".join(s.keywords), order=order)
        for order, s in enumerate(template.strands, start=1)
    )
    RequiredForm.objects.bulk_create(
        RequiredForm(campaign=campaign, template=f.template, due_on=later(f.due_on, shift))
        for f in template.required_forms
    )
    participants.add_default_units(campaign, template)
    _record_created(campaign, actor, at, {"template": template.reference})
    return campaign


@transaction.atomic
def copy_campaign(*, source: Campaign, year: int, actor: Actor, at: datetime) -> Campaign:
    """Make next year's draft from an earlier campaign: theme, headings, forms and participants, not the plan."""
    _require_own(actor, source.organiser)
    shift = year - source.year
    campaign: Campaign = Campaign.objects.create(
        organiser=source.organiser,
        title=source.title.replace(str(source.year), str(year)),
        theme=source.theme,
        level=source.level,
        year=year,
        start=later(source.start, shift),
        end=later(source.end, shift),
        plan_due_on=later(source.plan_due_on, shift) if source.plan_due_on else None,
        template=source.template,
        created_at=at,
    )
    Strand.objects.bulk_create(
        Strand(campaign=campaign, key=s.key, heading=s.heading, keywords=s.keywords, order=s.order)
        for s in source.strands.all()
    )
    RequiredForm.objects.bulk_create(
        RequiredForm(campaign=campaign, template=f.template, due_on=later(f.due_on, shift))
        for f in source.required_forms.all()
    )
    CampaignUnit.objects.bulk_create(
        CampaignUnit(campaign=campaign, unit_id=u.unit_id, category=u.category, order=u.order)
        for u in source.units.select_related("unit")
        if u.unit.closed_on is None
    )
    _record_created(campaign, actor, at, {"copied_from": source.pk})
    return campaign


def later(day: date, years: int) -> date:
    """The same day `years` on; 29 February becomes 28."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


@transaction.atomic
def change_campaign(
    *, campaign: Campaign, version: int, fields: Mapping[str, object], actor: Actor, at: datetime
) -> Campaign:
    """Change title, theme, notice number, period or deadline. Raises `Stale` when somebody was faster."""
    require_organiser(actor, campaign)
    require_not_closed(campaign)
    names = tuple(name for name in _EDITABLE if name in fields)
    stored = Campaign.objects.unscoped("compare with what is stored").get(pk=campaign.pk)
    old = snapshot(stored, *names)
    for name in names:
        setattr(campaign, name, fields[name])
    before, after = changed(old, snapshot(campaign, *names))
    if not after:
        return campaign
    claim_version(campaign, version)
    campaign.save(update_fields=list(after))
    record(actor=actor, verb=Verb.CHANGED, target=campaign, at=at, before=before, after=after)
    return campaign


@transaction.atomic
def launch(*, campaign: Campaign, actor: Actor, at: datetime) -> None:
    """Start the campaign and tell every participating unit."""
    require_organiser(actor, campaign)
    if not campaign.units.exists():
        raise NotNow("还没有参与单位，请先选择参与单位再启动")
    if not campaign.strands.exists():
        raise NotNow("还没有活动板块，请先填写活动板块再启动")
    perform(campaign, CAMPAIGN.launch, actor=actor, at=at)
    for participant in campaign.units.select_related("unit__jurisdiction"):
        tell_unit(campaign, participant.unit, at)


@transaction.atomic
def close(*, campaign: Campaign, actor: Actor, at: datetime) -> None:
    """End the campaign: plans stand still from now on."""
    require_organiser(actor, campaign)
    perform(campaign, CAMPAIGN.close, actor=actor, at=at)


@transaction.atomic
def reopen(*, campaign: Campaign, actor: Actor, at: datetime, reason: str) -> None:
    """Take the end back, with a reason."""
    require_organiser(actor, campaign)
    perform(campaign, CAMPAIGN.reopen, actor=actor, at=at, reason=reason, closed_at=None)


@transaction.atomic
def attach_documents(
    *, campaign: Campaign, documents: list[tuple[str, bytes]], actor: Actor, at: datetime
) -> list[Attachment]:
    """Hang documents on the campaign: the notice itself, its annexes, later circulars."""
    require_organiser(actor, campaign)
    return [
        files.attach(owner=campaign, data=data, name=name, kind=Attachment.Kind.DOCUMENT, actor=actor, at=at)
        for name, data in documents
    ]


@transaction.atomic
def remove_document(*, campaign: Campaign, document: Attachment, actor: Actor, at: datetime, reason: str) -> None:
    """Take a document off."""
    require_organiser(actor, campaign)
    files.remove(attachment=document, owner=campaign, actor=actor, at=at, reason=reason)


@transaction.atomic
def set_headings(
    *,
    campaign: Campaign,
    strands: list[tuple[int | None, str, str]],
    forms: list[tuple[str, date]],
    actor: Actor,
    at: datetime,
) -> None:
    """Replace the headings `(id or None, name, keywords)` in this order, and the required forms `(template, due)`."""
    require_organiser(actor, campaign)
    require_not_closed(campaign)
    lock(campaign)
    before = _outline(campaign)
    _set_strands(campaign, strands)
    _set_forms(campaign, forms)
    old, new = changed(before, _outline(campaign))
    if new:
        record(actor=actor, verb=Verb.CHANGED, target=campaign, at=at, before=old, after=new)


def _set_strands(campaign: Campaign, strands: list[tuple[int | None, str, str]]) -> None:
    held = {strand.pk: strand for strand in campaign.strands.all()}
    kept = {wanted for wanted, _, _ in strands if wanted in held}
    for strand in held.values():
        if strand.pk not in kept:
            used = PlanLine.objects.unscoped("whether in use").filter(strand=strand).count()
            if used:
                raise NotNow(f"板块“{strand.heading}”下还有 {used} 条活动安排，请先调整到其他板块再删除")
            strand.delete()
    names = [heading for _, heading, _ in strands]
    if len(set(names)) != len(names):
        raise NotNow("活动板块的名称有重复，请修改")
    for order, (number, heading, keywords) in enumerate(strands, start=1):
        if number is not None and number in held:
            known = held[number]
            known.heading, known.keywords, known.order = heading, keywords, order
            known.save()
        else:
            key = next(k for n in range(1, 100) if not campaign.strands.filter(key=(k := f"own-{n}")).exists())
            Strand.objects.create(campaign=campaign, key=key, heading=heading, keywords=keywords, order=order)


def _set_forms(campaign: Campaign, forms: list[tuple[str, date]]) -> None:
    if len({template for template, _ in forms}) != len(forms):
        raise NotNow("同一张统计表只能要求一次，请修改")
    campaign.required_forms.exclude(template__in=[template for template, _ in forms]).delete()
    for template, due_on in forms:
        campaign.required_forms.update_or_create(template=template, defaults={"due_on": due_on})


def _outline(campaign: Campaign) -> dict[str, object]:
    return {
        "strands": [[s.heading, s.keywords] for s in campaign.strands.all()],
        "required_forms": [[f.template, str(f.due_on)] for f in campaign.required_forms.all()],
    }


def _require_own(actor: Actor, organiser: Organisation) -> None:
    require(actor, Permission.MANAGE_CAMPAIGNS)
    if actor.user_id is not None and actor.organisation_id != organiser.pk:
        raise Refused("只能以本单位的名义组织服务月")


def _record_created(campaign: Campaign, actor: Actor, at: datetime, made_from: dict[str, object]) -> None:
    after = {**snapshot(campaign, "title", "theme", "year", "start", "end", "organiser"), **made_from}
    record(actor=actor, verb=Verb.CREATED, target=campaign, at=at, after=after)
