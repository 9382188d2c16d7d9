"""The page of a form and the acts on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from midun.kernel.files.models import Attachment
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Stale
from midun.kernel.statistics.cells import Cell, Filled, fill
from midun.kernel.statistics.checks import findings
from midun.kernel.statistics.models import FormSnapshot, FormState, StatForm
from midun.kernel.statistics.services import filling, held, steps
from midun.kernel.trail.models import Entry
from midun.kernel.web.page import PageRequest, page
from midun.kernel.workflow.services import ReasonMissing, WrongState
from midun.reporting import forms
from midun.reporting.deposited import with_deposits
from midun.reporting.views.found import STATE_COLOURS, campaign_of, form_or_404, kind_words, rights_on

_TOLD = (Stale, WrongState, ReasonMissing, held.NotReady, held.NotEditable, steps.ChildrenMissing)
_CONFLICT, _INVALID = 409, 422


@dataclass(frozen=True)
class Act:
    """An act of the page: the form it is entered in, the service, and what is said afterwards."""

    form: type[forms.ActForm]
    service: Callable[..., object]
    done: str


ACTS = {
    "adjust": Act(forms.AdjustForm, filling.adjust, "已保存调整，两个数和理由都会随表保留"),
    "withdraw-adjustment": Act(forms.WithdrawAdjustmentForm, filling.withdraw_adjustment, "已撤销调整，恢复统计数"),
    "explain": Act(forms.ExplainForm, filling.explain, "已保存说明"),
    "submit": Act(forms.ActForm, steps.submit, "已提交，等待审核"),
    "withdraw": Act(forms.ActForm, steps.withdraw, "已撤回，可以继续填报"),
    "return": Act(forms.ReturnForm, steps.return_, "已退回"),
    "accept": Act(forms.ActForm, steps.accept, "已审核通过"),
    "freeze": Act(forms.FreezeForm, steps.freeze, "已汇总定稿"),
    "reopen": Act(forms.ReasonForm, steps.reopen, "已重新打开"),
}


@page(Permission.READ_WORK)
def form(request: PageRequest, number: int) -> HttpResponse:
    """The form as it prints, with what stands behind each number and what is to do."""
    return _page(request, form_or_404(request, number))


@page(Permission.READ_WORK, writes=True)
def act(request: PageRequest, number: int, step: str) -> HttpResponse:
    """Take a step or enter something. Whatever fails is said on the page, with what the person typed still there."""
    found, chosen = form_or_404(request, number), ACTS.get(step)
    if chosen is None:
        raise Http404
    if request.method != "POST":
        return redirect(found)
    entered = chosen.form(request.POST, **_lines(found, chosen.form))
    if not entered.is_valid():
        told = "；".join(
            f"{entered[name].label}：{error}" for name, errors in entered.errors.items() for error in errors
        )
        messages.error(request, f"没有办理：{told}")
        return _page(request, found, {step: entered}, status=_INVALID)
    try:
        chosen.service(found, actor=request.actor, at=request.at, **entered.words())
    except _TOLD as error:
        messages.error(request, str(error))
        return _page(request, form_or_404(request, number), {step: entered}, status=_CONFLICT)
    messages.success(request, chosen.done)
    return redirect(found)


def _lines(found: StatForm, form_class: type[forms.ActForm]) -> dict[str, Any]:
    """What the forms that name cells need to know about the form's lines."""
    lines = list(found.content.lines)
    if form_class is forms.ReturnForm:
        return {"lines": lines}
    if form_class is forms.AdjustForm:
        return {"lines": [(line.figure, f"{line.item}. {line.label}（{line.unit}）") for line in lines]}
    return {}


def _page(
    request: PageRequest, found: StatForm, entered: dict[str, django_forms.Form] | None = None, *, status: int = 200
) -> HttpResponse:
    filled, actor = fill(found), request.actor
    rights = rights_on(found, actor, summary=filled.is_summary)
    act_forms = _act_forms(found, entered or {})
    context = {
        "form": found,
        "words": kind_words(found),
        "colour": STATE_COLOURS[FormState(found.state)],
        "title": found.content.heading(found.subject_title),
        "filled": filled,
        "cells": _cells(filled, act_forms["return_form"] if rights["reviews"] else None),
        "findings": _explained(filled, entered or {}),
        "campaign": campaign_of(found, actor),
        "snapshots": with_deposits(FormSnapshot.objects.visible_to(actor).filter(form=found).defer("body")),
        "scans": Attachment.objects.unscoped("the form was fetched").of(found).filter(kind=Attachment.Kind.SEALED_FORM),
        "entries": Entry.objects.about(found).reverse(),
        "sealed_form": forms.SealedForm(),
        **rights,
        **act_forms,
    }
    return render(request, "reporting/form.html", context, status=status)


def _cells(filled: Filled, returning: django_forms.Form | None) -> list[tuple[Cell, str, Any]]:
    """Every cell with the reviewer's remark, and for the reviewer the field to write one."""
    remarks = filled.form.remarks
    named = [(cell, cell.line.figure) for cell in filled.cells]
    field = returning.remark if isinstance(returning, forms.ReturnForm) else lambda _figure: None
    return [(cell, remarks.get(name, ""), field(name)) for cell, name in named]


def _act_forms(found: StatForm, entered: dict[str, django_forms.Form]) -> dict[str, django_forms.Form]:
    """The forms of the page by name; one that failed as the person left it, but with the version they see now."""
    made: dict[str, django_forms.Form] = {}
    for step in ("adjust", "return", "freeze", "reopen"):
        act_form = entered.get(step) or ACTS[step].form(auto_id=f"{step}_%s", **_lines(found, ACTS[step].form))
        made[f"{step}_form"] = act_form
    return made


def _explained(filled: Filled, entered: dict[str, django_forms.Form]) -> list[tuple[Any, str]]:
    """The broken checks, each with the explanation it has or that was just typed."""
    typed = entered.get("explain")
    words = {typed.data.get("check_id", ""): typed.data.get("text", "")} if typed else {}
    return [(finding, words.get(finding.id, finding.explanation)) for finding in findings(filled)]
