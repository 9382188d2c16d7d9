"""研发过程: deposits over a secret's life."""

import uuid

from django.db.models import Count, Max, Min
from django.http import HttpResponse
from django.shortcuts import render

from midun.deposits.stages import Stages
from midun.deposits.views.found import deposits_of, find_project, may_deposit, projects_of
from midun.evidence.models import Project
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page
from midun.kernel.web.projects import ProjectPages

PAGES = ProjectPages(Project, "/deposits/projects/", "R-21 项目")
PROJECTS = Listing(
    "deposit-projects",
    "研发过程",
    (
        ListColumn("名称", "title", link=lambda p: f"/deposits/projects/{p.uuid}/", wide=True),
        ListColumn("存证数", "deposited", kind="integer", sort="deposited"),
        ListColumn("首次存证", "first_at", kind="datetime", sort="first_at"),
        ListColumn("最近存证", "last_at", kind="datetime", sort="last_at"),
    ),
    empty="还没有研发过程",
    empty_hint="一项技术从立项到定型，每到一个节点存证一次，可以证明它是怎样一步步形成的",
)
_SHOWN = 200


@page(Permission.READ_DEPOSITS, writes=True)
def projects(request: PageRequest) -> HttpResponse:
    """The enterprise's courses of development."""
    found = (
        projects_of(request)
        .annotate(
            deposited=Count("deposits"), first_at=Min("deposits__accepted_at"), last_at=Max("deposits__accepted_at")
        )
        .order_by("-created_at", "-pk")
    )
    buttons = [("建立研发过程", "/deposits/projects/new/", "plus")] if may_deposit(request) else []
    return PROJECTS.respond(request, found, buttons=buttons)


@page(Permission.DEPOSIT, writes=True)
def project_new(request: PageRequest) -> HttpResponse:
    """Begin one."""
    return PAGES.begin(request)


@page(Permission.READ_DEPOSITS)
def project(request: PageRequest, project: uuid.UUID) -> HttpResponse:
    """One: its deposits in the order of time."""
    found = find_project(request, project)
    held, stages = deposits_of(request).filter(project=found), Stages()
    rows = [(deposit, stages.of(deposit)) for deposit in held.order_by("number")[:_SHOWN]]
    context = {"project": found, "rows": rows, "count": held.count(), "may_deposit": may_deposit(request)}
    return render(request, "deposits/project.html", context)


@page(Permission.DEPOSIT, writes=True)
def project_edit(request: PageRequest, project: uuid.UUID) -> HttpResponse:
    """Give it another name."""
    return PAGES.rename(request, find_project(request, project))
