"""An enterprise's own projects: begun and renamed."""

from datetime import datetime
from typing import TypeVar

from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind
from midun.kernel.orgs.models import Organisation, OwnProject
from midun.kernel.orgs.services.rights import NotPossible, Refused, claim_version, require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb

_TITLE = 80
_P = TypeVar("_P", bound=OwnProject)


class ProjectProblem(NotPossible):
    """The project cannot be begun, renamed or filled so."""


def held_project(project: _P, actor: Actor) -> _P:
    """The project as it is now, locked until the transaction ends. Raises `Refused` if it is not the actor's."""
    now: _P = type(project).objects.unscoped("lock").select_for_update(of=("self",)).get(pk=project.pk)
    _require_own(type(project), now.enterprise_id, actor)
    return now


@transaction.atomic
def begin_project(model: type[_P], *, enterprise: Organisation, title: str, actor: Actor, at: datetime) -> _P:
    """Begin one. Raises `Refused`, `ProjectProblem`."""
    kind = model._meta.verbose_name
    _require_own(model, enterprise.pk, actor)
    if enterprise.kind != OrganisationKind.ENTERPRISE:
        raise ProjectProblem(f"只有企业可以建立{kind}")
    title = _title(model, enterprise.pk, title)
    if model.objects.unscoped("how many there are").filter(enterprise=enterprise).count() >= model.most:
        raise ProjectProblem(f"{kind}最多 {model.most} 个")
    made: _P = model.objects.create(enterprise=enterprise, title=title, created_at=at, created_by_id=actor.user_id)
    record(actor=actor, verb=Verb.CREATED, target=made, at=at)
    return made


@transaction.atomic
def rename_project(project: OwnProject, *, title: str, version: int, actor: Actor, at: datetime) -> None:
    """Give it another name. Raises `Refused`, `ProjectProblem`, `Stale` when somebody was faster."""
    now = held_project(project, actor)
    title = _title(type(now), now.enterprise_id, title, but=now.pk)
    if title == now.title:
        return
    claim_version(now, version)
    now.title = title
    now.save(update_fields=["title"])
    record(actor=actor, verb=Verb.CHANGED, target=now, at=at)


def _require_own(model: type[OwnProject], enterprise_id: int, actor: Actor) -> None:
    require(actor, model.right)
    if actor.user_id is not None and actor.organisation_id != enterprise_id:
        raise Refused(f"只能管理本企业的{model._meta.verbose_name}")


def _title(model: type[OwnProject], enterprise_id: int, title: str, *, but: int | None = None) -> str:
    title = " ".join(title.split())[:_TITLE]
    if not title:
        raise ProjectProblem("请填写名称")
    same = model.objects.unscoped("titles of one's own").filter(enterprise_id=enterprise_id, title=title)
    if same.exclude(pk=but).exists():
        raise ProjectProblem(f"已有同名的{model._meta.verbose_name}")
    return title
