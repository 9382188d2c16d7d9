"""The enterprise directory."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from midun.directory.forms.enterprises import EnterpriseFilter, EnterpriseForm
from midun.kernel.orgs import sectors
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import NotPossible, Stale, add_organisation, change_organisation
from midun.kernel.trail.models import Entry
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page

ENTERPRISES = Listing(
    "enterprises",
    "企业名录",
    (
        ListColumn("企业名称", "name", link=lambda e: f"/directory/enterprises/{e.pk}/", wide=True),
        ListColumn("统一社会信用代码", "credit_code"),
        ListColumn("属地", "jurisdiction.name"),
        ListColumn("行业", lambda e: sectors.label(e.sector), phone=False, sort="sector"),
        ListColumn("规模", "get_size_display"),
        ListColumn("园区", "park", phone=False),
        ListColumn(
            "标记",
            lambda e: "已注销" if e.closed_on else "联络点" if e.liaison_point else "",
            kind="badge",
            colour=lambda e: "secondary" if e.closed_on else "green",
        ),
    ),
    EnterpriseFilter,
    empty="名录中还没有企业",
    empty_hint="可以导入 Excel，也可以逐个新增；登记走访、扫码签到时出现的新企业会自动加入",
    filter_args=lambda request: {"actor": request.actor},
)


@page(Permission.READ_WORK, writes=True)
def enterprises(request: PageRequest) -> HttpResponse:
    """The enterprises of the actor's subtree."""
    found = Organisation.objects.visible_to(request.actor).enterprises().select_related("jurisdiction")
    buttons = []
    if request.actor.may(Permission.MANAGE_ENTERPRISES):
        buttons = [
            ("新增企业", "/directory/enterprises/new/", "plus"),
            ("导入 Excel", "/directory/enterprises/import/", "upload"),
        ]
    return ENTERPRISES.respond(request, found.order_by("name", "pk"), buttons=buttons)


@page(Permission.MANAGE_ENTERPRISES, writes=True)
def enterprise_new(request: PageRequest) -> HttpResponse:
    """Add an enterprise to the directory."""
    form = EnterpriseForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_organisation(
                actor=request.actor, at=request.at, kind=OrganisationKind.ENTERPRISE, **form.values()
            )
        except NotPossible as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"已加入名录：{made}")
            return redirect("directory:enterprise", made.pk)
    context = {"form": form, "title": "新增企业", "back": "/directory/enterprises/", "draft": "enterprise"}
    return render(request, "web/form.html", context)


@page(Permission.READ_WORK)
def enterprise(request: PageRequest, number: int) -> HttpResponse:
    """One enterprise."""
    found = _visible(request, number)
    context: dict[str, Any] = {
        "enterprise": found,
        "sector": sectors.label(found.sector),
        "may": request.actor.may(Permission.MANAGE_ENTERPRISES) and request.actor.covers(found.jurisdiction.path),
        "entries": Entry.objects.about(found),
    }
    return render(request, "directory/enterprise.html", context)


def _visible(request: PageRequest, number: int) -> Organisation:
    known = Organisation.objects.visible_to(request.actor).enterprises().select_related("jurisdiction")
    found: Organisation = get_object_or_404(known, pk=number)
    return found


@page(Permission.MANAGE_ENTERPRISES, writes=True)
def enterprise_edit(request: PageRequest, number: int) -> HttpResponse:
    """Change an enterprise (with the version that was shown)."""
    found = _visible(request, number)
    form = EnterpriseForm(request.POST or None, actor=request.actor, instance=_visible(request, number))
    if request.method == "POST" and form.is_valid():
        try:
            change_organisation(
                organisation=found,
                actor=request.actor,
                at=request.at,
                version=form.cleaned_data["version"],
                fields=form.values(),
            )
        except (NotPossible, Stale) as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "已保存")
            return redirect("directory:enterprise", found.pk)
    back = f"/directory/enterprises/{found.pk}/"
    return render(request, "web/form.html", {"form": form, "title": f"修改“{found}”", "back": back})
