"""The tree of authority: looking at it, adding, changing, closing nodes."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate

from midun.directory import tree
from midun.directory.forms.units import CloseForm, DivisionsForm, NodeForm, UnitSearch
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.models import DivisionCode, Jurisdiction, Organisation
from midun.kernel.orgs.services import (
    NotPossible,
    Stale,
    add_divisions,
    add_jurisdiction,
    change_jurisdiction,
    close_jurisdiction,
    reopen_jurisdiction,
)
from midun.kernel.trail.models import Entry
from midun.kernel.web.page import PageRequest, page, require_any

RIGHT = Permission.MANAGE_ORGANISATIONS


@page()
def units(request: PageRequest) -> HttpResponse:
    """The tree of authority with the organisations at each node; found by name or code."""
    require_any(request, RIGHT, Permission.READ_WORK)
    search = UnitSearch(request.GET)
    if not search.is_valid():
        raise Http404
    closed = search.cleaned_data["closed"]
    number = search.cleaned_data["node"] or _root(request).pk
    selected = _node(request, number)
    words = search.cleaned_data["q"]
    context = {
        "search": search,
        "words": words,
        "closed": closed,
        "tree": tree.opened_at(selected, request.actor, closed=closed),
        "may": request.actor.may(RIGHT),
    }
    if words:
        context |= {"nodes": search.nodes(request.actor), "found": search.organisations(request.actor)}
        return render(request, "directory/units_found.html", context)
    return render(request, "directory/units.html", context | _described(request, selected, closed=closed))


def _root(request: PageRequest) -> Jurisdiction:
    root: Jurisdiction = Jurisdiction.objects.visible_to(request.actor).get(path=request.actor.path)
    return root


def _node(request: PageRequest, number: int) -> Jurisdiction:
    known = Jurisdiction.objects.visible_to(request.actor).under(request.actor.path).select_related("parent")
    node: Jurisdiction = get_object_or_404(known, pk=number)
    return node


def _described(request: PageRequest, node: Jurisdiction, *, closed: bool) -> dict[str, Any]:
    visible = Organisation.objects.visible_to(request.actor)
    here = visible.filter(jurisdiction=node).exclude(kind=OrganisationKind.ENTERPRISE)
    below = Jurisdiction.objects.visible_to(request.actor).filter(parent=node)
    if not closed:
        here, below = here.active(), below.open()
    people = Count("memberships", filter=Q(memberships__ended_at__isnull=True, memberships__user__is_active=True))
    codes = DivisionCode.objects.unscoped("public table").filter(code=node.division_code)
    return {
        "node": node,
        "line": tree.line_to(node, request.actor),
        "organisations": here.annotate(people=people).order_by("kind", "order", "name"),
        "below": sorted(below.annotate(children_count=Count("children")), key=tree.place),
        "enterprises": visible.enterprises().active().under(node.path).count(),
        "code": codes.order_by("-valid_from").first() if node.division_code else None,
        "entries": Entry.objects.about(node),
        "outdated": _outdated(request) if request.actor.may(RIGHT) else [],
    }


def _outdated(request: PageRequest) -> list[Jurisdiction]:
    """Open nodes whose code is no longer in force."""
    table = DivisionCode.objects.unscoped("public table")
    valid = table.valid_on(localdate(request.at)).values("code")
    known = Jurisdiction.objects.visible_to(request.actor).open().under(request.actor.path)
    coded = known.exclude(division_code="").filter(division_code__in=table.values("code"))
    return list(coded.exclude(division_code__in=valid)[:20])


@page(RIGHT, writes=True)
def node_new(request: PageRequest, number: int) -> HttpResponse:
    """Add a node below another."""
    parent = _node(request, number)
    form = NodeForm(request.POST or None, request=request, node=None, parent=parent)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_jurisdiction(parent=parent, actor=request.actor, at=request.at, **form.values())
        except NotPossible as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"已新增{made.get_level_display()}辖区“{made}”")
            return redirect(_shown(made))
    return _form(request, form, parent, title=f"在“{parent}”之下新增辖区", back=parent)


@page(RIGHT, writes=True)
def node_edit(request: PageRequest, number: int) -> HttpResponse:
    """Change or move a node."""
    node = _node(request, number)
    form = NodeForm(request.POST or None, request=request, node=node, parent=None)
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"] or 0
        wanted = form.cleaned_data.get("parent")
        parent = _node(request, wanted) if wanted else node.parent
        try:
            change_jurisdiction(
                node=node, version=version, parent=parent, actor=request.actor, at=request.at, **form.values()
            )
        except (NotPossible, Stale) as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "已保存")
            return redirect(_shown(node))
    return _form(request, form, node.parent, title=f"修改辖区“{node}”", back=node)


def _form(
    request: PageRequest, form: NodeForm, parent: Jurisdiction | None, *, title: str, back: Jurisdiction
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "back": _shown(back),
        "codes": _offered(parent, request),
    }
    return render(request, "directory/node_form.html", context)


def _offered(parent: Jurisdiction | None, request: PageRequest) -> list[DivisionCode]:
    """Lines of the public table right below the nearest node above that has a code, and not yet in the tree."""
    above, code = parent, ""
    while above is not None and not code:
        code, above = above.division_code, above.parent
    taken = Jurisdiction.objects.unscoped("codes are unique").open().exclude(division_code="").values("division_code")
    table = DivisionCode.objects.unscoped("public table").valid_on(localdate(request.at))
    return list(table.filter(parent_code=code).exclude(code__in=taken).order_by("code"))


@page(RIGHT, writes=True)
def divisions_add(request: PageRequest, number: int) -> HttpResponse:
    """Add divisions of the public table below a node, several at once."""
    parent = _node(request, number)
    offered = _offered(parent, request)
    form = DivisionsForm(request.POST or None, offered=offered)
    if request.method == "POST" and form.is_valid():
        codes, bureau = form.cleaned_data["codes"], form.cleaned_data["with_bureau"]
        try:
            made = add_divisions(parent=parent, codes=codes, with_bureau=bureau, actor=request.actor, at=request.at)
        except NotPossible as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"已在“{parent}”之下新增 {len(made)} 个辖区")
            return redirect(_shown(parent))
    context = {"form": form, "parent": parent, "offered": offered, "back": _shown(parent)}
    return render(request, "directory/divisions.html", context)


@page(RIGHT, writes=True)
def node_close(request: PageRequest, number: int) -> HttpResponse:
    """Close a node, or open a closed one again."""
    node = _node(request, number)
    form = CloseForm(request.POST or None, initial={"day": localdate(request.at)})
    if node.closed_on:
        del form.fields["day"]
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            if node.closed_on:
                reopen_jurisdiction(node=node, reason=reason, actor=request.actor, at=request.at)
            else:
                day = form.cleaned_data["day"]
                close_jurisdiction(node=node, day=day, reason=reason, actor=request.actor, at=request.at)
        except NotPossible as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"“{node}”已{'恢复' if node.closed_on else '撤销'}")
            return redirect(_shown(node.parent or node))
    act = "恢复" if node.closed_on else "撤销"
    context = {"form": form, "title": f"{act}辖区“{node}”", "submit": act, "back": _shown(node)}
    return render(request, "web/form.html", context)


def _shown(node: Jurisdiction) -> str:
    return f"{reverse('directory:units')}?node={node.pk}"
