"""见证与时间戳: how the parties that the log's proofs rest on are doing, for who runs the platform."""

from django.http import HttpResponse
from django.shortcuts import render

from midun.anchoring.overview import overview
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.page import PageRequest, page


@page(Permission.MANAGE_SETTINGS)
def parties(request: PageRequest) -> HttpResponse:
    """Each witness and authority: last success, what is wrong, until when its certificates last."""
    return render(request, "anchoring/parties.html", {"shown": overview(request.at)})
