"""Tables of the claims ledger, split by concept."""

from midun.claims.models.choices import OPEN, ClaimState, Source, Topic, Urgency
from midun.claims.models.claim import Claim, ClaimQuerySet
from midun.claims.models.handling import Handover, Note
from midun.claims.models.suggestion import Suggestion

__all__ = [
    "OPEN",
    "Claim",
    "ClaimQuerySet",
    "ClaimState",
    "Handover",
    "Note",
    "Source",
    "Suggestion",
    "Topic",
    "Urgency",
]
