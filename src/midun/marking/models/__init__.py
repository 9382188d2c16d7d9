"""The tables of registered copies."""

from midun.marking.models.batches import IssueBatch, IssuedCopy
from midun.marking.models.disclosures import Disclosure

__all__ = ["Disclosure", "IssueBatch", "IssuedCopy"]
