"""Fetching activities within the actor's scope, and the words their pages share."""

from django.shortcuts import get_object_or_404

from midun.activities.models import Activity, Certificate, Participation
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Refused
from midun.kernel.web.page import PageRequest

OCCASION = "企业商业秘密保护"
PER_FILE = 100
"""Certificates in one file to print."""


def find(request: PageRequest, number: int) -> Activity:
    """The event, if the actor may see it; else 404."""
    known = Activity.objects.visible_to(request.actor)
    related = known.select_related("unit__jurisdiction", "plan_line__campaign", "created_by")
    found: Activity = get_object_or_404(related, pk=number)
    return found


def is_ours(request: PageRequest, activity: Activity) -> bool:
    """Only the unit that held an event edits it; those above read."""
    return activity.unit_id == request.actor.organisation_id and request.actor.may(Permission.RECORD_WORK)


def find_ours(request: PageRequest, number: int) -> Activity:
    """The event of the actor's own unit; 404 for what they may not see, 403 for what they may only read."""
    found = find(request, number)
    if not is_ours(request, found):
        raise Refused("只有登记该活动的单位可以修改")
    return found


def find_person(activity: Activity, number: int) -> Participation:
    """An entry of this event; else 404."""
    known = Participation.objects.unscoped("reached through its event").filter(activity=activity)
    found: Participation = get_object_or_404(known.select_related("activity", "enterprise"), pk=number)
    return found


def find_certificate(request: PageRequest, activity: Activity, number: int) -> Certificate:
    """A certificate of this event; else 404."""
    known = Certificate.objects.visible_to(request.actor).select_related("participation__activity__plan_line__campaign")
    found: Certificate = get_object_or_404(known, pk=number, participation__activity=activity)
    return found


def occasion_of(activity: Activity) -> str:
    """What stands above the title on posters and certificates: the service month the event belongs to."""
    return activity.plan_line.campaign.title if activity.plan_line else OCCASION
