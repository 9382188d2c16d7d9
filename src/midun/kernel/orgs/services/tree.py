"""The tree of authority: adding, changing, moving, closing nodes."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.utils.timezone import localdate

from midun.kernel.orgs import moves
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Level, OrganisationKind, Permission
from midun.kernel.orgs.models import DivisionCode, Jurisdiction, Organisation
from midun.kernel.orgs.services.organisations import add_organisation
from midun.kernel.orgs.services.rights import NotPossible, claim_version, require, require_within
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb

RIGHT = Permission.MANAGE_ORGANISATIONS


class TreeProblem(NotPossible):
    """The tree would contradict itself."""


def lock_tree() -> None:
    """Let one change of the tree happen at a time: a node added below one that moves would keep a stale path."""
    roots = Jurisdiction.objects.unscoped("lock the tree").filter(parent=None).order_by("pk")
    list(roots.select_for_update().values_list("pk", flat=True))


@transaction.atomic
def add_jurisdiction(
    *,
    actor: Actor,
    at: datetime,
    name: str,
    level: Level,
    parent: Jurisdiction | None,
    division_code: str = "",
    order: int = 0,
    right: Permission = RIGHT,
) -> Jurisdiction:
    """Add a node to the tree of authority; with or without a division code of its own.

    `right` is narrower where another service has its own rule about who may (and checks where). Raises `Refused`,
    `TreeProblem`.
    """
    require(actor, right)
    lock_tree()
    above = _fresh(parent) if parent else None
    if right == RIGHT:
        require_within(actor, above.path if above else "")
    _check_place(name=name, level=level, parent=above)
    _check_code(division_code)
    node = Jurisdiction(name=name, level=level, parent=above, division_code=division_code, order=order)
    node.path = f"new-{above.pk if above else 0}-{name}"
    node.save()
    node.path = f"{above.path if above else ''}{node.pk}."
    node.save(update_fields=["path"])
    after = {"name": name, "level": int(level), "division_code": division_code, "path": node.path}
    record(actor=actor, verb=Verb.CREATED, target=node, at=at, after=after)
    return node


@transaction.atomic
def add_divisions(
    *, parent: Jurisdiction, codes: Iterable[str], with_bureau: bool, actor: Actor, at: datetime
) -> list[Jurisdiction]:
    """Add the chosen lines of the public table below `parent`, each with its bureau if wanted; all or none.

    Codes that already stand in the tree are left alone. Raises `Refused`, `TreeProblem`.
    """
    require(actor, RIGHT)
    wanted = set(codes)
    table = DivisionCode.objects.unscoped("public table").valid_on(localdate(at)).filter(code__in=wanted)
    lines = list(table.order_by("code"))
    if missing := wanted - {line.code for line in lines}:
        raise TreeProblem(f"行政区划代码表中没有现行有效的代码：{'、'.join(sorted(missing))}")
    standing = Jurisdiction.objects.unscoped("codes are unique").open().filter(division_code__in=wanted)
    held = set(standing.values_list("division_code", flat=True))
    made = []
    for line in lines:
        if line.code in held:
            continue
        node = add_jurisdiction(
            actor=actor, at=at, name=line.name, level=Level(line.level), parent=parent, division_code=line.code
        )
        made.append(node)
        if with_bureau:
            add_organisation(
                actor=actor, at=at, kind=OrganisationKind.BUREAU, name=bureau_name(line, parent), jurisdiction=node
            )
    return made


def bureau_name(line: DivisionCode, parent: Jurisdiction) -> str:
    """What the bureau of a division is usually called; a district is named together with its city."""
    prefix = parent.name if line.level == Level.COUNTY and line.name.endswith("区") else ""
    return f"{prefix}{line.name}市场监督管理局"


@transaction.atomic
def change_jurisdiction(
    *,
    node: Jurisdiction,
    version: int,
    name: str,
    level: Level,
    parent: Jurisdiction | None,
    division_code: str,
    order: int,
    actor: Actor,
    at: datetime,
) -> Jurisdiction:
    """Change a node; another `parent` moves it with everything below. A change of nothing writes nothing.

    Raises `Refused`, `TreeProblem`, `Stale`.
    """
    require(actor, RIGHT)
    lock_tree()
    now, above = _fresh(node), _fresh(parent) if parent else None
    require_within(actor, now.path)
    names = ("name", "level", "parent_id", "division_code", "order", "path")
    old = snapshot(now, *names)
    moved = now.parent_id != (above.pk if above else None)
    if moved:
        _check_move(now, above, actor)
    _check_place(name=name, level=level, parent=above, node=now)
    _check_levels_below(now, level)
    _check_code(division_code, node=now)
    prefix = now.path
    now.name, now.level, now.parent, now.division_code, now.order = name, level, above, division_code, order
    if moved:
        now.path = f"{above.path if above else ''}{now.pk}."
    before, after = changed(old, snapshot(now, *names))
    if not after:
        return now
    claim_version(now, version)
    now.save(update_fields=list(after))
    if moved:
        below = Jurisdiction.objects.unscoped("move a subtree").under(prefix).exclude(pk=now.pk)
        after["moved_below"] = below.update(
            path=Concat(Value(now.path), Substr(F("path"), len(prefix) + 1)), version=F("version") + 1
        )
        moves.moved(moves.Move(prefix, now.path, subtree=True), actor=actor, at=at)
    record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=before, after=after)
    return now


@transaction.atomic
def close_jurisdiction(*, node: Jurisdiction, day: date, reason: str, actor: Actor, at: datetime) -> None:
    """Close a node as of `day`; everything in it must be closed first. It stays in the tree for what happened there.

    Raises `Refused`, `TreeProblem`.
    """
    require(actor, RIGHT)
    require_within(actor, node.path)
    lock_tree()
    now = _fresh(node)
    if now.closed_on:
        raise TreeProblem(f"“{now}”已经撤销")
    if not reason.strip():
        raise TreeProblem("请填写撤销的理由或依据文号")
    below = Jurisdiction.objects.unscoped("nothing may stay open below").open().filter(parent=now)
    inside = Organisation.objects.unscoped("nothing may stay open inside").active().filter(jurisdiction=now)
    still = [*below.values_list("name", flat=True)[:5], *inside.values_list("name", flat=True)[:5]]
    if still:
        raise TreeProblem(f"“{now}”之下还有{'、'.join(still)}等，请先撤销或移走")
    now.closed_on = day
    now.save(update_fields=["closed_on"])
    record(actor=actor, verb=Verb.CLOSED_DOWN, target=now, at=at, after={"closed_on": str(day)}, reason=reason)


@transaction.atomic
def reopen_jurisdiction(*, node: Jurisdiction, reason: str, actor: Actor, at: datetime) -> None:
    """Undo a closing. Raises `Refused`, `TreeProblem`."""
    require(actor, RIGHT)
    require_within(actor, node.path)
    lock_tree()
    now = _fresh(node)
    if now.closed_on is None:
        raise TreeProblem(f"“{now}”没有撤销")
    if not reason.strip():
        raise TreeProblem("请填写恢复的理由")
    _check_place(name=now.name, level=Level(now.level), parent=now.parent, node=now)
    _check_code(now.division_code, node=now)
    before = {"closed_on": str(now.closed_on)}
    now.closed_on = None
    now.save(update_fields=["closed_on"])
    record(actor=actor, verb=Verb.RESTORED, target=now, at=at, before=before, reason=reason)


def _fresh(node: Jurisdiction) -> Jurisdiction:
    found: Jurisdiction = Jurisdiction.objects.unscoped("as it stands now").select_related("parent").get(pk=node.pk)
    return found


def _check_place(*, name: str, level: Level, parent: Jurisdiction | None, node: Jurisdiction | None = None) -> None:
    if parent is not None and parent.closed_on:
        raise TreeProblem(f"上级“{parent}”已撤销")
    if parent is not None and level <= parent.level:
        raise TreeProblem(f"层级应低于上级“{parent}”（{Level(parent.level).label}）")
    beside = Jurisdiction.objects.unscoped("names are unique below a node").open().filter(parent=parent, name=name)
    if beside.exclude(pk=node.pk if node else None).exists():
        raise TreeProblem(f"同一上级之下已有“{name}”")


def _check_levels_below(node: Jurisdiction, level: Level) -> None:
    below = Jurisdiction.objects.unscoped("levels fall").filter(parent=node, level__lte=level).first()
    if below:
        raise TreeProblem(f"下级“{below}”是{Level(below.level).label}，本级不能改为{Level(level).label}")


def _check_move(node: Jurisdiction, parent: Jurisdiction | None, actor: Actor) -> None:
    require_within(actor, parent.path if parent else "")
    if parent and parent.path.startswith(node.path):
        raise TreeProblem("不能移到自己或自己的下级之下")


def _check_code(code: str, node: Jurisdiction | None = None) -> None:
    if not code:
        return
    taken = Jurisdiction.objects.unscoped("codes are unique").open().filter(division_code=code)
    other = taken.exclude(pk=node.pk if node else None).first()
    if other:
        raise TreeProblem(f"行政区划代码 {code} 已用于“{other}”")
