"""Opening the forms that a campaign asks for."""

from datetime import datetime

from django.db import transaction

from midun.campaigns.models import Campaign, CampaignUnit, RequiredForm
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Organisation
from midun.kernel.statistics.figures import Period
from midun.kernel.statistics.models import StatForm
from midun.kernel.statistics.services import open_form


def subject_of(campaign: Campaign) -> str:
    """How a form names its campaign."""
    return f"campaigns.campaign:{campaign.pk}"


def forms_of(campaign: Campaign, actor: Actor) -> list[StatForm]:
    """The campaign's forms that the actor sees, summary first, then in the order of the annex."""
    found = StatForm.objects.visible_to(actor).filter(subject=subject_of(campaign))
    order = dict(
        CampaignUnit.objects.unscoped("order of the annex").filter(campaign=campaign).values_list("unit_id", "order")
    )
    forms = list(found.select_related("unit__jurisdiction", "superior"))
    return sorted(forms, key=lambda f: (f.superior_id is not None, order.get(f.unit_id, 0), f.unit_id))


@transaction.atomic
def open_forms(campaign: Campaign, *, actor: Actor, at: datetime) -> int:
    """Open every required form: one for each participating unit, the organiser's own (本级) and its summary (汇总).

    Called again after units were added it opens only what is missing; returns how many were new.
    """
    organiser = Organisation.objects.unscoped("organiser").get(pk=campaign.organiser_id)
    units = CampaignUnit.objects.unscoped("required forms").filter(campaign=campaign).select_related("unit")
    required = RequiredForm.objects.unscoped("required forms").filter(campaign=campaign)
    opened = 0
    for wanted in required:
        plan = [(organiser, None, False), (organiser, organiser, True)]
        plan += [(u.unit, organiser, False) for u in units if u.unit_id != organiser.pk]
        for unit, superior, own_only in plan:
            _, new = open_form(
                subject=subject_of(campaign),
                subject_title=campaign.title,
                template_id=wanted.template,
                unit=unit,
                superior=superior,
                own_only=own_only,
                period=Period(campaign.start, campaign.end),
                due_on=wanted.due_on,
                actor=actor,
                at=at,
            )
            opened += new
    return opened
