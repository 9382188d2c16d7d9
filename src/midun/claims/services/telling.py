"""Whom to tell about a claim."""

from datetime import datetime

from django.urls import reverse

from midun.claims.models import Claim
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.enums import ENTERPRISE_ROLES, Permission
from midun.kernel.orgs.models import Membership
from midun.kernel.orgs.services import people_with


def tell_unit(
    claim: Claim,
    text: str,
    *,
    key: str,
    at: datetime,
    kind: Notice.Kind = Notice.Kind.TODO,
    leaders: bool = False,
) -> int:
    """Tell those who handle claims in the unit in charge (and with `leaders` those who supervise them there)."""
    path = claim.unit.jurisdiction.path
    people = people_with(Permission.HANDLE_CLAIM, path=path)
    if leaders:
        people += people_with(Permission.SUPERVISE_CLAIM, path=path)
    return send(kind=kind, to=people, text=text, url=claim.get_absolute_url(), key=key, at=at)


def tell_former_units(claim: Claim, text: str, *, key: str, at: datetime) -> None:
    """Tell those who took the claim down or handed it on what became of it."""
    earlier = {h.source for h in claim.handovers.select_related("source__jurisdiction")}
    if claim.registrar is not None:
        earlier.add(claim.registrar)
    for unit in earlier:
        if unit.pk != claim.unit_id:
            people = people_with(Permission.HANDLE_CLAIM, path=unit.jurisdiction.path)
            send(kind=Notice.Kind.RESULT, to=people, text=text, url=claim.get_absolute_url(), key=key, at=at)


def tell_enterprise(claim: Claim, text: str, *, key: str, at: datetime) -> None:
    """Tell everybody who acts for the enterprise and has an account."""
    members = (
        Membership.objects.unscoped("whom to notify")
        .current()
        .filter(organisation_id=claim.enterprise_id, role__in=[r.value for r in ENTERPRISE_ROLES])
    )
    url = reverse("claims:own-claim", args=(claim.pk,))
    send(kind=Notice.Kind.RESULT, to=members.select_related("user"), text=text, url=url, key=key, at=at)
