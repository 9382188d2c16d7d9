"""The first hour of an installation: packaged tables, the tree of authority, invitations for three administrators."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate

from midun.accounts.services.invitations import Invitee, invite
from midun.kernel.orgs.actor import system_actor
from midun.kernel.orgs.enums import Level, OrganisationKind, Role
from midun.kernel.orgs.models import DivisionCode, Jurisdiction, Organisation
from midun.kernel.orgs.services import NotPossible, add_divisions, add_jurisdiction, add_organisation
from midun.kernel.orgs.services.divisions import load_divisions
from midun.kernel.workflow.calendar import seed

ADMINISTRATORS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR)
_NATION, _MINISTRY = "国家", "国家市场监督管理总局"


class FoundingProblem(NotPossible):
    """The installation cannot be founded like this."""


@dataclass(frozen=True)
class Founded:
    """What was made: the organisation the administrators belong to, how many nodes, a link for each administrator."""

    seat: Organisation
    nodes: int
    links: dict[Role, str]


@transaction.atomic
def found(*, province: str, names: Mapping[Role, str], at: datetime) -> Founded:
    """Found an empty installation. Raises `FoundingProblem`, `TreeProblem`.

    For one province with all its cities and counties, or for the nation when `province` is empty; provinces are then
    added in the browser. Each node of the table gets its bureau. The three administrators come by invitation, so no
    password is ever printed.
    """
    founder = system_actor("命令行")
    if Jurisdiction.objects.unscoped("found once").exists():
        raise FoundingProblem("已经初始化过：辖区树不是空的")
    load_divisions(actor=founder, at=at)
    seed(actor=founder, at=at)
    nation = add_jurisdiction(actor=founder, at=at, name=_NATION, level=Level.NATION, parent=None)
    seat = add_organisation(
        actor=founder,
        at=at,
        kind=OrganisationKind.BUREAU,
        name=_MINISTRY,
        jurisdiction=nation,
        short_name="市场监管总局",
    )
    nodes = 1
    if province:
        made = add_divisions(parent=nation, codes=[province], with_bureau=True, actor=founder, at=at)
        if not made or made[0].level != Level.PROVINCE:
            raise FoundingProblem(f"{province} 不是省级行政区划代码")
        seat = Organisation.objects.unscoped("the seat").get(jurisdiction=made[0])
        nodes += 1 + _below(made[0], at)
    links = {role: _invited(seat, role, names[role], at) for role in ADMINISTRATORS}
    return Founded(seat, nodes, links)


def _below(node: Jurisdiction, at: datetime) -> int:
    """Add all that the table has below a node, level by level."""
    founder = system_actor("命令行")
    table = DivisionCode.objects.unscoped("public table").valid_on(localdate(at)).filter(parent_code=node.division_code)
    codes = list(table.values_list("code", flat=True))
    made = add_divisions(parent=node, codes=codes, with_bureau=True, actor=founder, at=at) if codes else []
    return len(made) + sum(_below(below, at) for below in made)


def _invited(seat: Organisation, role: Role, name: str, at: datetime) -> str:
    _, link = invite(invitee=Invitee(name), organisation=seat, role=role, actor=system_actor("命令行"), at=at)
    return link
