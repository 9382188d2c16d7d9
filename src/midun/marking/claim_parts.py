"""What this app shows on the page of a claim: the copies shown about it."""

from typing import Any

from django.urls import reverse

from midun.claims.parts import Part, parts
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.marking.models import Disclosure, IssueBatch


@parts("副本登记", "企业从副本登记簿中单独出示的记录，附核验结果；其余副本不出示。")
def disclosures(claim: Any, actor: Actor) -> tuple[list[Part], tuple[str, str] | None]:
    """The copies shown to the actor's unit, or by the actor's enterprise, and where to show one."""
    rows = Disclosure.objects.visible_to(actor).live().filter(claim=claim).select_related("copy__batch", "unit")
    address = "marking:disclosed" if actor.works_for_authority else "marking:disclosure"
    found = [Part(_said(row), reverse(address, args=[row.uuid]), row.disclosed_at) for row in rows]
    may = actor.may(Permission.APPROVE_COPIES) and claim.is_open and claim.voided_at is None
    ready = may and IssueBatch.objects.visible_to(actor).filter(approved=True).exists()
    return found, ("出示一份副本的登记", reverse("marking:batches")) if ready else None


def _said(shown: Disclosure) -> str:
    return f"{shown.row['name']}，发给{shown.row['recipient']}"
