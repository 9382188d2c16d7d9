"""比对项目: an enterprise's comparisons, by digests and shares."""

import uuid

from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpResponse
from django.shortcuts import redirect, render

from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import ProjectProblem
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page
from midun.kernel.web.projects import ProjectPages
from midun.matching import services
from midun.matching.forms import LinkForm, SummaryForm
from midun.matching.models import ComparisonProject
from midun.matching.views.found import find_project, find_report, own_deposits

PAGES = ProjectPages(ComparisonProject, "/matching/projects/", "离职员工 L-3 事项")
PROJECTS = Listing(
    "comparison-projects",
    "比对项目",
    (
        ListColumn("名称", "title", link=lambda p: f"/matching/projects/{p.uuid}/", wide=True),
        ListColumn("报告", "reported", kind="integer", sort="reported"),
        ListColumn("最近提交", "last_at", kind="datetime", sort="last_at"),
        ListColumn("建立时间", "created_at", kind="datetime", sort="created_at"),
    ),
    empty="还没有比对项目",
    empty_hint="怀疑秘密被带走或使用时，在本机比对两份材料，把报告的摘要登记在这里并存证",
)


@page(Permission.COMPARE, writes=True)
def projects(request: PageRequest) -> HttpResponse:
    """The enterprise's projects."""
    known = ComparisonProject.objects.visible_to(request.actor)
    found = known.annotate(reported=Count("reports"), last_at=Max("reports__submitted_at"))
    buttons = [("建立比对项目", "/matching/projects/new/", "plus")]
    return PROJECTS.respond(request, found.order_by("-created_at", "-pk"), buttons=buttons)


@page(Permission.COMPARE, writes=True)
def project_new(request: PageRequest) -> HttpResponse:
    """Begin one."""
    return PAGES.begin(request)


@page(Permission.COMPARE, writes=True)
def project_edit(request: PageRequest, project: uuid.UUID) -> HttpResponse:
    """Give it another name."""
    return PAGES.rename(request, find_project(request, project))


@page(Permission.COMPARE)
def project(request: PageRequest, project: uuid.UUID) -> HttpResponse:
    """One: its reports."""
    found = find_project(request, project)
    return render(request, "matching/project.html", {"project": found, "reports": found.reports.all()})


@page(Permission.COMPARE, writes=True)
def submit(request: PageRequest, project: uuid.UUID) -> HttpResponse:
    """Hand in a report's summary: a script reads it, shows it and sends nothing else."""
    found = find_project(request, project)
    form = SummaryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data["text"].encode()
            made = services.submit_summary(found, data=data, actor=request.actor, at=request.at)
        except ProjectProblem as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "已登记报告摘要")
            return redirect("matching:report", made.pk)
    return render(request, "matching/submit.html", {"project": found, "form": form})


@page(Permission.COMPARE, writes=True)
def report(request: PageRequest, number: int) -> HttpResponse:
    """One report: its share table, its digests, its deposit."""
    found = find_report(request, number)
    form = LinkForm(request.POST or None, request.FILES or None, deposits=own_deposits(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            services.link_deposit(
                found, deposit=said["deposit"], opening=said["opening"], actor=request.actor, at=request.at
            )
        except ProjectProblem as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "已核实：所选存证存的就是这份报告")
            return redirect("matching:report", found.pk)
    return render(request, "matching/report.html", {"report": found, "form": form})
