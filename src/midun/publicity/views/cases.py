"""The review of a typical case."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Stale
from midun.kernel.web.page import PageRequest, page
from midun.kernel.workflow.services import ReasonMissing, WrongState
from midun.publicity import services
from midun.publicity.forms import ReturnForm, ReviewForm, WithdrawForm
from midun.publicity.kinds import KINDS
from midun.publicity.views.found import find, is_ours

_FORMS: dict[str, type[forms.Form]] = {"return": ReturnForm, "publish": ReviewForm, "withdraw": WithdrawForm}
_DONE = {
    "submit": "已提交，等待另一名同志脱敏复核",
    "return": "已退回",
    "publish": "已公布，公众可见",
    "withdraw": "已撤下，公众不再可见",
}


def _take(request: PageRequest, case: Any, step: str, data: dict[str, Any]) -> None:
    actor, at = request.actor, request.at
    steps: dict[str, Callable[[], None]] = {
        "submit": lambda: services.submit_case(case, actor=actor, at=at),
        "return": lambda: services.return_case(
            case, version=data["version"], reason=data["reason"], actor=actor, at=at
        ),
        "publish": lambda: services.publish_case(
            case, version=data["version"], checked=data["checked"], actor=actor, at=at
        ),
        "withdraw": lambda: services.withdraw_case(case, reason=data["reason"], actor=actor, at=at),
    }
    steps[step]()


@page(Permission.READ_WORK, writes=True)
def case_step(request: PageRequest, number: int, step: str) -> HttpResponse:
    """Submit, return, publish or withdraw a typical case."""
    case = find(request, KINDS["case"], number)
    if step not in _DONE or (step == "submit" and not is_ours(request, case)):
        raise Http404
    if request.method != "POST" or case.voided_at is not None:
        return redirect(case)
    form = _FORMS.get(step, forms.Form)(request.POST)
    if not form.is_valid():
        messages.error(request, "没有办理：请写明理由" if "reason" in form.errors else "没有办理：请刷新页面重试")
        return redirect(case)
    try:
        _take(request, case, step, form.cleaned_data)
        messages.success(request, _DONE[step])
    except (WrongState, ReasonMissing, Stale, services.SamePerson, services.Unchecked) as error:
        messages.error(request, str(error))
    return redirect(case)
