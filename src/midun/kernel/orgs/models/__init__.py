"""Tables of people and organisations, split by concept."""

from midun.kernel.orgs.models.base import Scoped, UnitRecord, UnitRecordQuerySet, void_iff_reason
from midun.kernel.orgs.models.organisations import DivisionCode, Jurisdiction, Organisation, OrganisationQuerySet
from midun.kernel.orgs.models.people import Invitation, LoginRecord, Membership, User, auditors_above
from midun.kernel.orgs.models.projects import OwnProject

__all__ = [
    "DivisionCode",
    "Invitation",
    "Jurisdiction",
    "LoginRecord",
    "Membership",
    "Organisation",
    "OrganisationQuerySet",
    "OwnProject",
    "Scoped",
    "UnitRecord",
    "UnitRecordQuerySet",
    "User",
    "auditors_above",
    "void_iff_reason",
]
