"""Finding the claim or suggestion of a request, scoped."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from midun.claims.models import Claim, Suggestion
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.page import PageRequest


def claims_of(request: PageRequest) -> Any:
    """The claims the actor may see, with what the pages show."""
    return Claim.objects.visible_to(request.actor).select_related("unit__jurisdiction", "enterprise", "registrar")


def find(request: PageRequest, number: int) -> Claim:
    """One of them, voided ones included."""
    found: Claim = get_object_or_404(claims_of(request), pk=number)
    return found


def keeps(request: PageRequest, claim: Claim) -> bool:
    """Whether the actor's unit may correct the entry: it handles the claim or took it down."""
    ours = request.actor.organisation_id in (claim.unit_id, claim.registrar_id)
    return ours and request.actor.may(Permission.REGISTER_CLAIM)


def find_kept(request: PageRequest, number: int) -> Claim:
    """One whose entry the actor's unit may correct."""
    found = find(request, number)
    if not keeps(request, found):
        raise Http404
    return found


def own_unit(request: PageRequest) -> Organisation:
    """The organisation the actor acts for."""
    known = Organisation.objects.visible_to(request.actor).select_related("jurisdiction")
    found: Organisation = get_object_or_404(known, pk=request.actor.organisation_id)
    return found


def find_suggestion(request: PageRequest, number: int) -> Suggestion:
    """One suggestion the actor may see."""
    known = Suggestion.objects.visible_to(request.actor).select_related("unit", "enterprise", "created_by", "plan_line")
    found: Suggestion = get_object_or_404(known, pk=number)
    return found


def owns_suggestion(request: PageRequest, suggestion: Suggestion) -> bool:
    """Whether the actor's unit collected it and the actor may record work."""
    return suggestion.unit_id == request.actor.organisation_id and request.actor.may(Permission.RECORD_WORK)
