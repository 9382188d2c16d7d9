"""The tables of the deposit pages."""

from midun.deposits.models.handoff import HandOff, HandOffQuerySet

__all__ = ["HandOff", "HandOffQuerySet"]
