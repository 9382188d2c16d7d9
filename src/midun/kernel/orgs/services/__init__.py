"""Writing the tree and the directory: the acts every other app builds on, split by concept."""

from midun.kernel.orgs.services.accounts import AccountProblem, disable_user, enable_user, within_reach
from midun.kernel.orgs.services.memberships import MembershipProblem, end, grant, people_with
from midun.kernel.orgs.services.organisations import (
    OrganisationProblem,
    add_organisation,
    change_organisation,
    close_organisation,
    reopen_organisation,
)
from midun.kernel.orgs.services.projects import ProjectProblem, begin_project, held_project, rename_project
from midun.kernel.orgs.services.rights import NotPossible, Refused, Stale, claim_version, require, require_within
from midun.kernel.orgs.services.tree import (
    TreeProblem,
    add_divisions,
    add_jurisdiction,
    change_jurisdiction,
    close_jurisdiction,
    reopen_jurisdiction,
)

__all__ = [
    "AccountProblem",
    "MembershipProblem",
    "NotPossible",
    "OrganisationProblem",
    "ProjectProblem",
    "Refused",
    "Stale",
    "TreeProblem",
    "add_divisions",
    "add_jurisdiction",
    "add_organisation",
    "begin_project",
    "change_jurisdiction",
    "change_organisation",
    "claim_version",
    "close_jurisdiction",
    "close_organisation",
    "disable_user",
    "enable_user",
    "end",
    "grant",
    "held_project",
    "people_with",
    "rename_project",
    "reopen_jurisdiction",
    "reopen_organisation",
    "require",
    "require_within",
    "within_reach",
]
