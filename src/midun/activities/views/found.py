"""Fetching activities within the actor's scope."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from midun.activities.models import Activity, Participation
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.page import PageRequest


def find(request: PageRequest, number: int) -> Activity:
    """The event, if the actor may see it; else 404."""
    known = Activity.objects.visible_to(request.actor).select_related("unit__jurisdiction", "plan_line", "created_by")
    found: Activity = get_object_or_404(known, pk=number)
    return found


def is_ours(request: PageRequest, activity: Activity) -> bool:
    """Only the unit that held an event edits it; those above read."""
    return activity.unit_id == request.actor.organisation_id and request.actor.may(Permission.RECORD_WORK)


def find_ours(request: PageRequest, number: int) -> Activity:
    """The event, if it is the actor's own unit's; else 404."""
    found = find(request, number)
    if not is_ours(request, found):
        raise Http404
    return found


def find_person(activity: Activity, number: int) -> Participation:
    """An entry of this event; else 404."""
    known = Participation.objects.unscoped("reached through its event").filter(activity=activity)
    found: Participation = get_object_or_404(known, pk=number)
    return found
