"""Opening the forms that a campaign asks for, and finding them."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from midun.campaigns.models import Campaign, CampaignUnit, RequiredForm
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics.figures import Period
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.services import opening, reminding

_KIND = "campaigns.campaign"


def subject_of(campaign: Campaign) -> str:
    """How a form names its campaign."""
    return f"{_KIND}:{campaign.pk}"


def campaign_number(form: StatForm) -> int | None:
    """The number of the campaign a form is about; None for another subject."""
    kind, _, number = form.subject.partition(":")
    return int(number) if kind == _KIND and number.isdigit() else None


def forms_of(campaign: Campaign, actor: Actor) -> list[StatForm]:
    """The campaign's forms that the actor sees, summary first, then in the order of the annex.

    Among them are the summaries that lower levels made for campaigns of their own and hand in here.
    """
    subject = subject_of(campaign)
    found = StatForm.objects.visible_to(actor).filter(
        Q(subject=subject) | Q(above__subject=subject, above__own_only=False)
    )
    order = dict(
        CampaignUnit.objects.unscoped("order of the annex").filter(campaign=campaign).values_list("unit_id", "order")
    )
    forms = list(found.select_related("unit__jurisdiction", "above__unit"))
    return sorted(forms, key=lambda f: (not is_summary_of(f, campaign), not f.own_only, order.get(f.unit_id, 0), f.pk))


def is_summary_of(form: StatForm, campaign: Campaign) -> bool:
    """Whether it is the organiser's summary (汇总) of this campaign."""
    return form.unit_id == campaign.organiser_id and not form.own_only and form.subject == subject_of(campaign)


@dataclass(frozen=True)
class _Opening:
    campaign: Campaign
    wanted: RequiredForm
    actor: Actor
    at: datetime

    @property
    def period(self) -> Period:
        return Period(self.campaign.start, self.campaign.end)

    def open(self, unit: Organisation, *, above: StatForm | None, own_only: bool = False) -> tuple[StatForm, bool]:
        return opening.open_form(
            subject=subject_of(self.campaign),
            subject_title=self.campaign.title,
            template_id=self.wanted.template,
            unit=unit,
            above=above,
            own_only=own_only,
            period=self.period,
            due_on=self.wanted.due_on,
            actor=self.actor,
            at=self.at,
        )

    def summary(self) -> tuple[StatForm, bool]:
        """The organiser's summary: the form a higher level asks of it for the same days, where there is one."""
        organiser, template = self.campaign.organiser, self.wanted.template
        own = StatForm.objects.unscoped("open once").filter(
            subject=subject_of(self.campaign), template=template, unit=organiser, own_only=False
        )
        asked = opening.wanted_above(organiser, template_id=template, period=self.period)
        if asked is None or own.exists():
            return self.open(organiser, above=None)
        opening.make_summary(
            asked,
            subject=subject_of(self.campaign),
            subject_title=self.campaign.title,
            actor=self.actor,
            at=self.at,
        )
        return asked, True

    def below(self, unit: Organisation, summary: StatForm) -> bool:
        """The form of a unit that takes part: its own level's summary where it has one. Whether it is new here."""
        template = self.wanted.template
        if summary.below.filter(unit=unit, own_only=False).exclude(subject=summary.subject).exists():
            return False
        gathered = opening.summary_of(unit, template_id=template, period=self.period)
        if gathered is None:
            return self.open(unit, above=summary)[1]
        opening.hand_in_further_up(gathered, above=summary, due_on=self.wanted.due_on, actor=self.actor, at=self.at)
        return True


@transaction.atomic
def open_forms(campaign: Campaign, *, actor: Actor, at: datetime) -> int:
    """Open every required form: one for each participating unit, the organiser's own (本级) and its summary (汇总).

    Called again it opens only what is missing, brings deadlines up to date and takes out units that left; returns how
    many were new. Levels are linked where both ask for the same form of the same days: the lower summary is then what
    is handed in above.
    """
    found = Campaign.objects.unscoped("required forms").select_related("organiser__jurisdiction").get(pk=campaign.pk)
    units = CampaignUnit.objects.unscoped("required forms").filter(campaign=found).select_related("unit__jurisdiction")
    opened = 0
    for wanted in RequiredForm.objects.unscoped("required forms").filter(campaign=found):
        task = _Opening(found, wanted, actor, at)
        summary, new = task.summary()
        opened += new
        opened += task.open(found.organiser, above=summary, own_only=True)[1]
        opened += sum(task.below(u.unit, summary) for u in units if u.unit_id != found.organiser_id)
        for form in summary.below.filter(own_only=False).exclude(unit__in=[u.unit_id for u in units]):
            opening.take_out(form, reason="单位不再参加服务月", actor=actor, at=at)
    return opened


def remind_all(campaign: Campaign, *, actor: Actor, at: datetime) -> int:
    """Remind every unit whose form the actor's unit waits for; returns how many forms."""
    waiting = [
        f for f in forms_of(campaign, actor) if f.is_editable and f.above_id and f.reviewer_id == actor.organisation_id
    ]
    for form in waiting:
        reminding.remind(form, actor=actor, at=at)
    return len(waiting)
