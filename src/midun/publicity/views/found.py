"""Finding the record of a request, scoped."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.page import PageRequest
from midun.publicity.kinds import Kind


def find(request: PageRequest, kind: Kind, number: int) -> Any:
    """One record of a kind that the actor may see."""
    rows: Any = kind.model
    found = rows.objects.visible_to(request.actor)
    return get_object_or_404(found.select_related("unit__jurisdiction", "created_by"), pk=number)


def is_ours(request: PageRequest, record: Any) -> bool:
    """Only the unit that made a record edits it; those above read."""
    return record.unit_id == request.actor.organisation_id and request.actor.may(Permission.RECORD_WORK)


def find_ours(request: PageRequest, kind: Kind, number: int) -> Any:
    """One record of the actor's own unit that the actor may edit."""
    found = find(request, kind, number)
    if not is_ours(request, found):
        raise Http404
    return found
