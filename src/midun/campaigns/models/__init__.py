"""Tables of the service month."""

from midun.campaigns.models.campaign import (
    Campaign,
    CampaignState,
    CampaignUnit,
    RequiredForm,
    Strand,
)
from midun.campaigns.models.imports import PendingImport, UnitAlias
from midun.campaigns.models.plan import PlanLine, PlanLineQuerySet, PlanState

__all__ = [
    "Campaign",
    "CampaignState",
    "CampaignUnit",
    "PendingImport",
    "PlanLine",
    "PlanLineQuerySet",
    "PlanState",
    "RequiredForm",
    "Strand",
    "UnitAlias",
]
