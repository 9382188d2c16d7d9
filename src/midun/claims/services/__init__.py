"""Everything that changes the claims ledger, split by concept."""

from midun.claims.services.clock import Clock, clock_for
from midun.claims.services.enterprises import NoBureau, enterprise_of, handling_unit
from midun.claims.services.ledger import BadTarget, Voided, change, register, restore, targets, void
from midun.claims.services.steps import (
    AlreadyReminded,
    NotEnded,
    NotOpen,
    NotOurs,
    ReplyMissing,
    accept,
    close,
    mark_lead,
    note,
    rate,
    refuse,
    remind,
    start,
    transfer,
)
from midun.claims.services.suggestions import (
    SuggestionVoided,
    change_suggestion,
    restore_suggestion,
    suggest,
    void_suggestion,
)

__all__ = [
    "AlreadyReminded",
    "BadTarget",
    "Clock",
    "NoBureau",
    "NotEnded",
    "NotOpen",
    "NotOurs",
    "ReplyMissing",
    "SuggestionVoided",
    "Voided",
    "accept",
    "change",
    "change_suggestion",
    "clock_for",
    "close",
    "enterprise_of",
    "handling_unit",
    "mark_lead",
    "note",
    "rate",
    "refuse",
    "register",
    "remind",
    "restore",
    "restore_suggestion",
    "start",
    "suggest",
    "targets",
    "transfer",
    "void",
    "void_suggestion",
]
