"""接口令牌: keys by which an enterprise's programs deposit."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.deposits.forms import TokenForm
from midun.deposits.views.found import own_enterprise
from midun.evidence.models import Tenant, Token, Usage
from midun.evidence.services import tokens as services
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.page import PageRequest, page

_DAYS = 7
_NEAR = 0.8


@page(Permission.MANAGE_TOKENS)
def tokens(request: PageRequest) -> HttpResponse:
    """The enterprise's tokens, its quotas and what it used of them."""
    found = Token.objects.visible_to(request.actor).select_related("created_by")
    today = localdate(request.at)
    usage = Usage.objects.visible_to(request.actor).filter(day__gt=today - timedelta(days=_DAYS)).order_by("-day")
    tenant = Tenant.objects.visible_to(request.actor).first() or Tenant()
    used = next((u.entries for u in usage if u.day == today), 0)
    context = {
        "rows": [(token, token.state_at(request.at)) for token in found],
        "tenant": tenant,
        "usage": usage,
        "today": used,
        "near": used >= _NEAR * tenant.per_day,
    }
    return render(request, "deposits/tokens.html", context)


@page(Permission.MANAGE_TOKENS, writes=True)
def token_new(request: PageRequest) -> HttpResponse:
    """Make one; its secret is shown on the answer to this very request and never again."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            issued = services.issue_token(
                enterprise=own_enterprise(request), actor=request.actor, at=request.at, **form.cleaned_data
            )
        except services.TokenProblem as problem:
            form.add_error(None, str(problem))
        else:
            response = render(request, "deposits/token_issued.html", {"token": issued.token, "secret": issued.secret})
            response["Cache-Control"] = "no-store"
            return response
    return render(request, "deposits/token_new.html", {"form": form})


@page(Permission.MANAGE_TOKENS, writes=True)
def token_revoke(request: PageRequest, number: int) -> HttpResponse:
    """Revoke one at once."""
    token = get_object_or_404(Token.objects.visible_to(request.actor), pk=number)
    if request.method == "POST":
        try:
            services.revoke_token(token, actor=request.actor, at=request.at)
            messages.success(request, f"令牌“{token.name}”已撤销，使用它的程序几秒内不能再存证")
        except services.TokenProblem as problem:
            messages.error(request, str(problem))
    return redirect("deposits:tokens")
