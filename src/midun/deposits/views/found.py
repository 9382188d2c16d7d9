"""Finding what a request is about, scoped to the actor's own enterprise."""

import uuid
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404

from midun.evidence.models import Deposit, Project
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.web.page import PageRequest


def deposits_of(request: PageRequest) -> Any:
    """The deposits the actor may see."""
    return Deposit.objects.visible_to(request.actor).select_related("project")


def find(request: PageRequest, deposit: uuid.UUID) -> Deposit:
    """One of them."""
    found: Deposit | None = deposits_of(request).with_id(deposit).first()
    if found is None:
        raise Http404
    return found


def projects_of(request: PageRequest) -> Any:
    """The courses of development the actor may see."""
    return Project.objects.visible_to(request.actor)


def find_project(request: PageRequest, project: uuid.UUID) -> Project:
    """One of them."""
    found: Project = get_object_or_404(projects_of(request).select_related("created_by"), uuid=project)
    return found


def own_enterprise(request: PageRequest) -> Organisation:
    """The enterprise the actor acts for."""
    known = Organisation.objects.visible_to(request.actor)
    found: Organisation = get_object_or_404(known, pk=request.actor.organisation_id)
    return found


def may_deposit(request: PageRequest) -> bool:
    """Whether the actor may deposit, not only look."""
    return request.actor.may(Permission.DEPOSIT)
