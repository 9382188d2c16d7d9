"""What this app shows on the page of a claim."""

from typing import Any

from django.urls import reverse

from midun.claims.parts import Part, parts
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.matching.models import Screening


@parts("线索筛查", "比对报告只陈述重合；是否实质相同，由办理机关依法认定。")
def screenings(claim: Any, actor: Actor) -> tuple[list[Part], tuple[str, str] | None]:
    """The reports on a claim, and where to attach one."""
    rows = Screening.objects.visible_to(actor).live().filter(claim=claim)
    found = [Part(row.said, row.get_absolute_url(), row.attached_at) for row in rows]
    attach = actor.may(Permission.SCREEN) and claim.unit_id == actor.organisation_id and claim.is_open
    entrance = ("附入比对报告", f"{reverse('matching:screening-new')}?claim={claim.pk}")
    return found, entrance if attach and claim.voided_at is None else None
