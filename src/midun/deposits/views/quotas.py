"""存证额度: how much each enterprise may deposit, set by who keeps the platform's settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate

from midun.deposits.forms import QuotaFilter, QuotaForm
from midun.evidence.services.quotas import metered, set_quota
from midun.evidence.services.tokens import TokenProblem
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Stale
from midun.kernel.web.listing import ListColumn, Listing
from midun.kernel.web.page import PageRequest, page

RIGHT = Permission.MANAGE_SETTINGS
_LISTING = Listing(
    "quotas",
    "存证额度",
    (
        ListColumn("企业名称", "name", link=lambda e: f"/deposits/quotas/{e.pk}/", wide=True),
        ListColumn("统一社会信用代码", "credit_code", phone=False),
        ListColumn("今日条数", "used", kind="integer", sort="used"),
        ListColumn("每日上限", "per_day", kind="integer", sort="per_day"),
        ListColumn("每分钟上限", "per_minute", kind="integer", sort="per_minute"),
    ),
    filters=QuotaFilter,
    empty="没有符合条件的企业",
    empty_hint="企业登记入名录后即有默认额度",
)


@page(RIGHT, writes=True)
def quotas(request: PageRequest) -> HttpResponse:
    """Every enterprise with what it used today and may use."""
    enterprises = Organisation.objects.visible_to(request.actor).enterprises().active()
    found = metered(enterprises, localdate(request.at), request.actor)
    return _LISTING.respond(request, found.order_by("-used", "name", "pk"))


@page(RIGHT, writes=True)
def quota(request: PageRequest, number: int) -> HttpResponse:
    """Set the limits of one enterprise."""
    enterprises = Organisation.objects.visible_to(request.actor).enterprises()
    found = get_object_or_404(metered(enterprises, localdate(request.at), request.actor), pk=number)
    now = {"per_day": found.per_day, "per_minute": found.per_minute}
    form = QuotaForm(
        request.POST or None, initial={**now, "shown_day": found.per_day, "shown_minute": found.per_minute}
    )
    if request.method == "POST" and form.is_valid():
        try:
            set_quota(enterprise=found, actor=request.actor, at=request.at, **form.values())
        except (TokenProblem, Stale) as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, f"已设置{found.name}的存证额度，几秒内生效")
            return redirect("deposits:quotas")
    intro = f"{found.name}：今日已存证 {found.used:,} 条。要停止一个企业的接口，请由企业撤销其令牌。"
    context = {"form": form, "title": "存证额度", "intro": intro, "back": "/deposits/quotas/"}
    return render(request, "web/form.html", context)
