"""Which enterprise, and which bureau is in charge of its place."""

from datetime import datetime

from django.db import IntegrityError, transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import OrganisationProblem, add_organisation


class NoBureau(Exception):
    """No bureau is in charge of the enterprise's place."""

    def __init__(self) -> None:
        super().__init__("没有找到企业所在地的市场监管部门，请联系当地市场监管局登记")


@transaction.atomic
def enterprise_of(*, unit: Organisation, name: str, credit_code: str, actor: Actor, at: datetime) -> Organisation:
    """The enterprise with this credit code, added to the directory at the unit's node when it is new.

    Of two people who add the same one at once, the second gets what the first added.
    """
    known = Organisation.objects.unscoped("names and codes of enterprises are public register data")
    found: Organisation | None = known.filter(credit_code=credit_code).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return add_organisation(
                actor=actor,
                at=at,
                kind=OrganisationKind.ENTERPRISE,
                name=name,
                credit_code=credit_code,
                jurisdiction=unit.jurisdiction,
            )
    except (IntegrityError, OrganisationProblem):
        raced: Organisation | None = known.filter(credit_code=credit_code).first()
        if raced is None:
            raise
        return raced


def handling_unit(enterprise: Organisation) -> Organisation:
    """The bureau of the enterprise's own node, or the nearest one above it. Raises `NoBureau`."""
    path = enterprise.jurisdiction.path
    line = [path[: i + 1] for i, c in enumerate(path) if c == "."]
    bureaus = Organisation.objects.unscoped("the bureau in charge").filter(
        kind=OrganisationKind.BUREAU, closed_on__isnull=True, jurisdiction__path__in=line
    )
    found: Organisation | None = bureaus.order_by("-jurisdiction__level").select_related("jurisdiction").first()
    if found is None:
        raise NoBureau
    return found
