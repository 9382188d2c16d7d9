"""研发过程: begun and renamed."""

from datetime import datetime

from django.db import transaction

from midun.evidence.models import Project
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import NotPossible, Refused, claim_version, require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb

MOST = 2_000


class ProjectProblem(NotPossible):
    """The project cannot be begun or renamed so."""


def _require_own(enterprise_id: int, actor: Actor) -> None:
    require(actor, Permission.DEPOSIT)
    if actor.user_id is not None and actor.organisation_id != enterprise_id:
        raise Refused("只能管理本企业的研发过程")


def _title(enterprise_id: int, title: str, *, but: int | None = None) -> str:
    title = " ".join(title.split())[:80]
    if not title:
        raise ProjectProblem("请填写名称")
    same = Project.objects.unscoped("titles of one's own").filter(enterprise_id=enterprise_id, title=title)
    if same.exclude(pk=but).exists():
        raise ProjectProblem("已有同名的研发过程")
    return title


@transaction.atomic
def begin_project(*, enterprise: Organisation, title: str, actor: Actor, at: datetime) -> Project:
    """Begin a course of development. Raises `Refused`, `ProjectProblem`.

    The trail says that it was begun, not how it is called: auditors of bureaus read the trail.
    """
    _require_own(enterprise.pk, actor)
    if enterprise.kind != OrganisationKind.ENTERPRISE:
        raise ProjectProblem("只有企业可以建立研发过程")
    title = _title(enterprise.pk, title)
    if Project.objects.unscoped("how many there are").filter(enterprise=enterprise).count() >= MOST:
        raise ProjectProblem(f"研发过程最多 {MOST} 个")
    made: Project = Project.objects.create(
        enterprise=enterprise, title=title, created_at=at, created_by_id=actor.user_id
    )
    record(actor=actor, verb=Verb.CREATED, target=made, at=at)
    return made


@transaction.atomic
def rename_project(project: Project, *, title: str, version: int, actor: Actor, at: datetime) -> None:
    """Give it another name. Raises `Refused`, `ProjectProblem`, `Stale` when somebody was faster."""
    now = Project.objects.unscoped("lock").select_for_update(of=("self",)).get(pk=project.pk)
    _require_own(now.enterprise_id, actor)
    title = _title(now.enterprise_id, title, but=now.pk)
    if title == now.title:
        return
    claim_version(now, version)
    now.title = title
    now.save(update_fields=["title"])
    record(actor=actor, verb=Verb.CHANGED, target=now, at=at)
