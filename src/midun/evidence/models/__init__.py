"""The tables of the evidence service, by concept."""

from midun.evidence.models.deposits import Deposit, DepositQuerySet, DepositRequest
from midun.evidence.models.logs import CheckpointRecord, Log, PlatformDeposit
from midun.evidence.models.projects import Project
from midun.evidence.models.statements import Statement
from midun.evidence.models.tenants import Tenant, Token, Usage

__all__ = [
    "CheckpointRecord",
    "Deposit",
    "DepositQuerySet",
    "DepositRequest",
    "Log",
    "PlatformDeposit",
    "Project",
    "Statement",
    "Tenant",
    "Token",
    "Usage",
]
