"""The tables of registered copies."""

from midun.marking.models.batches import IssueBatch, IssuedCopy

__all__ = ["IssueBatch", "IssuedCopy"]
