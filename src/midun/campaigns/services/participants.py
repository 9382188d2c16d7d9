"""Which units take part in a campaign."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction

from midun.campaigns.campaign_templates import CampaignTemplate
from midun.campaigns.models import Campaign, CampaignUnit, PlanLine
from midun.campaigns.services.notices import tell_unit
from midun.campaigns.services.rights import NotNow, lock, require_not_closed, require_organiser
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Level, OrganisationKind, Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused, add_jurisdiction, add_organisation
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


def default_units(organiser: Organisation) -> list[Organisation]:
    """The organiser itself, then the bureaus right below it (districts, zones, corps, branches) in their order."""
    below = (
        Organisation.objects.unscoped("participants of a campaign")
        .active()
        .filter(kind=OrganisationKind.BUREAU, jurisdiction__parent=organiser.jurisdiction)
    )
    return [organiser, *below.order_by("jurisdiction__order", "order", "pk")]


def possible_units(organiser: Organisation) -> list[Organisation]:
    """Every unit of the organiser's subtree that can take part, in the order of the tree."""
    units = Organisation.objects.unscoped("participants of a campaign").units().active()
    found = units.under(organiser.jurisdiction.path).select_related("jurisdiction")
    return sorted(
        found, key=lambda u: (u.pk != organiser.pk, u.jurisdiction.path.count("."), u.jurisdiction.order, u.order, u.pk)
    )


def add_default_units(campaign: Campaign, template: CampaignTemplate) -> None:
    """Choose the organiser and its direct subordinates, grouped by the template's categories."""
    organiser = campaign.organiser
    units = [(template.category_for(u.name, organiser=u.pk == organiser.pk), u) for u in default_units(organiser)]
    ranks = [category.name for category in template.categories]
    if ranks:
        units.sort(key=lambda pair: ranks.index(pair[0]))
    CampaignUnit.objects.bulk_create(
        CampaignUnit(campaign=campaign, unit=unit, category=category, order=order)
        for order, (category, unit) in enumerate(units, start=1)
    )


@transaction.atomic
def set_units(
    *, campaign: Campaign, units: Sequence[tuple[Organisation, str]], actor: Actor, at: datetime
) -> tuple[list[Organisation], list[Organisation]]:
    """Make exactly `units` (with their category, in this order) the participants; returns who came and who left.

    A unit that has lines in the plan cannot be taken out.
    """
    require_organiser(actor, campaign)
    require_not_closed(campaign)
    lock(campaign)
    path = campaign.organiser.jurisdiction.path
    if any(not unit.jurisdiction.path.startswith(path) for unit, _ in units):
        raise Refused("只能选择本辖区内的单位")
    held: dict[int, CampaignUnit] = {u.unit_id: u for u in campaign.units.select_related("unit")}
    wanted = {unit.pk for unit, _ in units}
    left = [held[pk] for pk in held if pk not in wanted]
    _refuse_if_planned(campaign, left)
    for participant in left:
        participant.delete()
    came = []
    before = {u.unit_id: (u.category, u.order) for u in held.values()}
    for order, (unit, category) in enumerate(units, start=1):
        participant = held.get(unit.pk) or CampaignUnit(campaign=campaign, unit=unit)
        participant.category, participant.order = category, order
        participant.save()
        if unit.pk not in held:
            came.append(unit)
    after = {unit.pk: (category, order) for order, (unit, category) in enumerate(units, start=1)}
    if before != after:
        record(
            actor=actor,
            verb=Verb.CHANGED,
            target=campaign,
            at=at,
            before={"units": sorted(before)},
            after={"units": sorted(after), "order": [unit.pk for unit, _ in units]},
        )
    if campaign.is_running:
        for unit in came:
            tell_unit(campaign, unit, at)
    return came, [participant.unit for participant in left]


def _refuse_if_planned(campaign: Campaign, left: Sequence[CampaignUnit]) -> None:
    lines = PlanLine.objects.unscoped("whether a unit has planned").live()
    planned = set(lines.filter(campaign=campaign, unit__in=[u.unit_id for u in left]).values_list("unit_id", flat=True))
    names = [u.unit.label for u in left if u.unit_id in planned]
    if names:
        raise NotNow(f"{'、'.join(names)}已有活动安排，不能移出；请先作废其活动安排")


def take_part(campaign: Campaign, categories: Mapping[Organisation, str]) -> list[Organisation]:
    """Add units an annex names, behind those that take part already; returns the new ones. The caller records it."""
    held = {u.unit_id for u in campaign.units.all()}
    order = max((u.order for u in campaign.units.all()), default=0)
    came = [unit for unit in categories if unit.pk not in held]
    CampaignUnit.objects.bulk_create(
        CampaignUnit(campaign=campaign, unit=unit, category=categories[unit], order=order + n)
        for n, unit in enumerate(came, start=1)
    )
    return came


@transaction.atomic
def create_unit(*, campaign: Campaign, name: str, actor: Actor, at: datetime) -> Organisation:
    """Add a bureau right below the organiser, without a division code, that an annex names and the tree lacks.

    The organiser's officer may do this for their own campaign; everything else about the tree stays with the
    system administrator.
    """
    require_organiser(actor, campaign)
    node = campaign.organiser.jurisdiction
    if actor.user_id is not None and not actor.covers(node.path):
        raise Refused("只能在本辖区内新建单位")
    level = Level(min(node.level + 1, Level.STATION))
    right = Permission.MANAGE_CAMPAIGNS
    below = add_jurisdiction(actor=actor, at=at, name=name, level=level, parent=node, right=right)
    return add_organisation(
        actor=actor, at=at, name=name, kind=OrganisationKind.BUREAU, jurisdiction=below, right=right
    )
