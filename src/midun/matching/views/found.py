"""Finding what a request is about, scoped."""

import uuid
from typing import Any

from django.shortcuts import get_object_or_404

from midun.claims.models import OPEN, Claim
from midun.evidence.models import Deposit
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.page import PageRequest
from midun.matching.models import ComparisonProject, ProjectReport, Screening, SealedSession


def own_organisation(request: PageRequest) -> Organisation:
    """The organisation the actor acts for."""
    known = Organisation.objects.visible_to(request.actor).select_related("jurisdiction")
    found: Organisation = get_object_or_404(known, pk=request.actor.organisation_id)
    return found


def own_claims(request: PageRequest) -> Any:
    """Claims that the actor's unit handles now: leads first."""
    known = Claim.objects.visible_to(request.actor).live().filter(state__in=OPEN)
    return known.filter(unit_id=request.actor.organisation_id).order_by("-is_lead", "-raised_on", "-pk")


def own_deposits(request: PageRequest) -> Any:
    """Deposits of single files of the actor's enterprise."""
    known = Deposit.objects.visible_to(request.actor).select_related("tenant")
    return known.filter(kind__in=(Deposit.Kind.FILE, Deposit.Kind.SET))


def find_project(request: PageRequest, project: uuid.UUID) -> ComparisonProject:
    """One of the actor's enterprise."""
    known = ComparisonProject.objects.visible_to(request.actor).select_related("created_by")
    found: ComparisonProject = get_object_or_404(known, uuid=project)
    return found


def find_report(request: PageRequest, number: int) -> ProjectReport:
    """One of the actor's enterprise."""
    known = ProjectReport.objects.visible_to(request.actor).select_related("project", "submitted_by", "deposit")
    found: ProjectReport = get_object_or_404(known, pk=number)
    return found


def find_screening(request: PageRequest, number: int) -> Screening:
    """One the actor may see, voided ones included."""
    known = Screening.objects.visible_to(request.actor).select_related(
        "claim__enterprise", "unit", "attached_by", "session"
    )
    found: Screening = get_object_or_404(known, pk=number)
    return found


def find_session(request: PageRequest, session: uuid.UUID) -> SealedSession:
    """One of the actor's unit."""
    known = SealedSession.objects.visible_to(request.actor).select_related("claim", "unit", "opened_by")
    found: SealedSession = get_object_or_404(known, uuid=session)
    return found
