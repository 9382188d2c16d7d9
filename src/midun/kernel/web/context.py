"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from midun.kernel.notify.models import Notice
from midun.kernel.orgs.actor import VISITOR
from midun.kernel.web.menu import here, menu_for, quick_for


def house(request: HttpRequest) -> dict[str, Any]:
    """The actor, the menu, unread notices and the site's own data."""
    actor = getattr(request, "actor", VISITOR)
    site = {"site": settings.MIDUN_SITE, "actor": actor}
    if actor.is_visitor:
        return site
    menu, quick = menu_for(actor), quick_for(actor)
    match = request.resolver_match
    return {
        **site,
        "memberships": getattr(request, "memberships", []),
        "menu": menu,
        "here": here(menu, path=request.path, name=match.view_name if match else ""),
        "quick": quick,
        "quick_entries": [item for item in quick if not item.listed],
        "unread": Notice.objects.visible_to(actor).unread().count(),
    }
