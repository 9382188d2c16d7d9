"""Bureaus, stations, bases and partners: the page of one, adding, changing, closing."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.directory import tree
from midun.directory.forms.units import CloseForm, OrganisationForm
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.models import Jurisdiction, Membership, Organisation
from midun.kernel.orgs.services import (
    NotPossible,
    Stale,
    add_organisation,
    change_organisation,
    close_organisation,
    reopen_organisation,
    require,
    require_within,
)
from midun.kernel.orgs.services.organisations import right_for
from midun.kernel.trail.models import Entry
from midun.kernel.web.page import PageRequest, page

RIGHT = Permission.MANAGE_ORGANISATIONS


@page()
def organisation(request: PageRequest, number: int) -> HttpResponse:
    """The page of one organisation, for whoever sees it in the directory."""
    found = _visible(request, number)
    if found.kind == OrganisationKind.ENTERPRISE and request.actor.may(Permission.READ_WORK):
        return redirect("directory:enterprise", found.pk)
    people = Membership.objects.visible_to(request.actor).current().filter(organisation=found)
    context = {
        "found": found,
        "line": [*tree.line_to(found.jurisdiction, request.actor), found.jurisdiction],
        "people": people.select_related("user").order_by("role", "user__name"),
        "may": request.actor.may(RIGHT) and request.actor.covers(found.jurisdiction.path),
        "in_tree": request.actor.may(RIGHT) or request.actor.may(Permission.READ_WORK),
        "entries": Entry.objects.about(found) if request.actor.covers(found.jurisdiction.path) else [],
    }
    return render(request, "directory/organisation.html", context)


def _visible(request: PageRequest, number: int) -> Organisation:
    known = Organisation.objects.visible_to(request.actor).select_related("jurisdiction")
    found: Organisation = get_object_or_404(known, pk=number)
    return found


@page(RIGHT, writes=True)
def organisation_new(request: PageRequest, number: int) -> HttpResponse:
    """Add an organisation at a node."""
    nodes = Jurisdiction.objects.visible_to(request.actor).open().under(request.actor.path)
    node = get_object_or_404(nodes, pk=number)
    form = OrganisationForm(request.POST or None, actor=request.actor, initial={"jurisdiction": node})
    if request.method == "POST" and form.is_valid():
        try:
            made = add_organisation(actor=request.actor, at=request.at, **form.values())
        except NotPossible as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"已新增{made.get_kind_display()}“{made}”")
            return redirect("directory:organisation", made.pk)
    back = f"/directory/units/?node={node.pk}"
    return render(request, "web/form.html", {"form": form, "title": f"在“{node}”新增单位", "back": back})


@page(RIGHT, writes=True)
def organisation_edit(request: PageRequest, number: int) -> HttpResponse:
    """Change an organisation (with the version that was shown)."""
    found = _managed(request, number)
    form = OrganisationForm(request.POST or None, actor=request.actor, instance=_managed(request, number))
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
            return redirect("directory:organisation", found.pk)
    back = f"/directory/organisations/{found.pk}/"
    return render(request, "web/form.html", {"form": form, "title": f"修改“{found}”", "back": back})


def _managed(request: PageRequest, number: int) -> Organisation:
    known = Organisation.objects.visible_to(request.actor).under(request.actor.path)
    rows = known.exclude(kind=OrganisationKind.ENTERPRISE).select_related("jurisdiction")
    found: Organisation = get_object_or_404(rows, pk=number)
    return found


@page(writes=True)
def organisation_close(request: PageRequest, number: int) -> HttpResponse:
    """Close an organisation, or open a closed one again: enterprises by officers, others by the administrator."""
    found = _visible(request, number)
    require(request.actor, right_for(found.kind))
    require_within(request.actor, found.jurisdiction.path)
    form = CloseForm(request.POST or None, initial={"day": localdate(request.at)})
    if found.closed_on:
        del form.fields["day"]
    if request.method == "POST" and form.is_valid():
        try:
            _switch(request, found, form)
        except NotPossible as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"“{found}”已{'恢复' if found.closed_on else '撤销或注销'}")
            return redirect("directory:organisation", found.pk)
    act = "恢复" if found.closed_on else "注销" if found.kind == OrganisationKind.ENTERPRISE else "撤销"
    context = {"form": form, "title": f"{act}“{found}”", "submit": act, "back": f"/directory/organisations/{found.pk}/"}
    return render(request, "web/form.html", context)


def _switch(request: PageRequest, found: Organisation, form: CloseForm) -> None:
    reason = form.cleaned_data["reason"]
    if found.closed_on:
        reopen_organisation(organisation=found, reason=reason, actor=request.actor, at=request.at)
    else:
        day = form.cleaned_data["day"]
        close_organisation(organisation=found, day=day, reason=reason, actor=request.actor, at=request.at)
