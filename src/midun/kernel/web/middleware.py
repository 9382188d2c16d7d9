"""Who acts in this request: the membership chosen in the session, or the first one, or a visitor."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from midun.kernel.orgs.actor import VISITOR, Actor
from midun.kernel.orgs.models import Membership

SESSION_KEY = "membership"


def current_memberships(user_id: int) -> list[Membership]:
    """The memberships a person can act in, oldest first."""
    mine = Membership.objects.unscoped("the person's own memberships").current().filter(user_id=user_id)
    return list(mine.select_related("user", "organisation__jurisdiction").order_by("granted_at", "pk"))


class ActorMiddleware:
    """Puts `request.actor` and `request.memberships` on every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Look the memberships up once."""
        actor: Actor = VISITOR
        memberships: list[Membership] = []
        if request.user.is_authenticated:
            memberships = current_memberships(request.user.pk)
            chosen = request.session.get(SESSION_KEY)
            membership = next((m for m in memberships if m.pk == chosen), memberships[0] if memberships else None)
            if membership is not None:
                actor = membership.actor()
        request.actor = actor  # type: ignore[attr-defined]  # declared on PageRequest
        request.memberships = memberships  # type: ignore[attr-defined]  # declared on PageRequest
        return self.get_response(request)
