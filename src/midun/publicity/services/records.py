"""What holds for every kind of record: added, changed, voided, restored, put on the portal, its files."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach_all, remove
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation, UnitRecord
from midun.kernel.orgs.services import Refused, Stale, claim_version, require
from midun.kernel.search.services import refresh
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.publicity.models import NewsItem, Publishable, Resource, TypicalCase
from midun.publicity.services.cases import require_draft

Record = TypeVar("Record", bound=UnitRecord)
Files = Sequence[tuple[str, bytes]]


class Voided(Exception):
    """The record was voided."""

    def __init__(self) -> None:
        super().__init__("本记录已作废，不能再修改；如系误作废，请先恢复")


class OnPortal(Exception):
    """What the public sees must be taken off the portal first."""

    def __init__(self) -> None:
        super().__init__("本记录已在门户上线，请先下线（案例请先撤下）再作废")


class NothingToShow(Exception):
    """A download without a file."""

    def __init__(self) -> None:
        super().__init__("请先上传供下载的文件，再上线")


class DuplicateLink(Exception):
    """The unit registered a news item with this link before."""

    def __init__(self, title: str) -> None:
        super().__init__(f"本单位已登记过这个链接：《{title}》。同一篇报道只计一次，请勿重复登记")


def _require_own(unit_id: int, actor: Actor) -> None:
    require(actor, Permission.RECORD_WORK)
    if actor.user_id is not None and actor.organisation_id != unit_id:
        raise Refused("只能登记和修改本单位的记录")


def _held(target: UnitRecord) -> Any:
    """The record as it is now, locked until the end of the transaction."""
    model: Any = type(target)
    return model.objects.unscoped("lock").select_for_update(of=("self",)).get(pk=target.pk)


def _check_link(model: type[UnitRecord], unit_id: int, fields: Mapping[str, Any], *, own: int | None = None) -> None:
    link = fields.get("link") if model is NewsItem else None
    if link:
        known = NewsItem.objects.unscoped("the same link").live().filter(unit_id=unit_id, link=link)
        if other := known.exclude(pk=own).first():
            raise DuplicateLink(other.title)


@transaction.atomic
def add(
    model: type[Record],
    /,
    *,
    unit: Organisation,
    actor: Actor,
    at: datetime,
    files: Files = (),
    **fields: Any,
) -> Record:
    """Add a record of `model` for `unit` with its files. Raises `DuplicateLink`."""
    _require_own(unit.pk, actor)
    _check_link(model, unit.pk, fields)
    made = model(unit=unit, created_at=at, created_by_id=actor.user_id, **fields)
    made.save(force_insert=True)
    record(actor=actor, verb=Verb.CREATED, target=made, at=at, after=snapshot(made, *fields))
    attach_all(owner=made, files=files, actor=actor, at=at)
    return made


@transaction.atomic
def change(
    target: UnitRecord, *, version: int, actor: Actor, at: datetime, fields: Mapping[str, Any], files: Files = ()
) -> None:
    """Change a record; what is public only by somebody who may publish.

    Raises `Stale` when somebody was faster, `CaseLocked` for a case not in draft, `Voided`, `DuplicateLink`.
    """
    now = _held(target)
    _require_own(now.unit_id, actor)
    if now.voided_at is not None:
        raise Voided
    if isinstance(now, TypicalCase):
        require_draft(now)
    if getattr(now, "published_at", None) is not None:
        require(actor, Permission.PUBLISH)
    _check_link(type(now), now.unit_id, fields, own=now.pk)
    names = tuple(fields)
    old = snapshot(now, *names)
    for name, value in fields.items():
        setattr(now, name, value)
    before, after = changed(old, snapshot(now, *names))
    if after:
        claim_version(now, version)
        now.save(update_fields=names)
        refresh(now)
        record(actor=actor, verb=Verb.CHANGED, target=now, at=at, before=before, after=after)
    attach_all(owner=now, files=files, actor=actor, at=at)


@transaction.atomic
def void(target: UnitRecord, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Void a record with a reason: it stays and no longer counts.

    Raises `OnPortal`, `CaseLocked`, `Voided`, `Stale`.
    """
    now = _held(target)
    _require_own(now.unit_id, actor)
    if now.voided_at is not None:
        raise Voided
    if getattr(now, "published_at", None) is not None:
        raise OnPortal
    if isinstance(now, TypicalCase):
        require_draft(now)
    claim_version(now, version)
    now.voided_at, now.void_reason = at, reason
    now.save(update_fields=["voided_at", "void_reason"])
    refresh(now)
    record(actor=actor, verb=Verb.VOIDED, target=now, at=at, reason=reason)


@transaction.atomic
def restore(target: UnitRecord, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Take a voiding back: it counts again. Raises `Stale` when it is not voided, `DuplicateLink`."""
    now = _held(target)
    _require_own(now.unit_id, actor)
    if now.voided_at is None:
        raise Stale
    _check_link(type(now), now.unit_id, {"link": getattr(now, "link", "")}, own=now.pk)
    claim_version(now, version)
    before = {"voided_at": str(now.voided_at), "void_reason": now.void_reason}
    now.voided_at, now.void_reason = None, ""
    now.save(update_fields=["voided_at", "void_reason"])
    record(actor=actor, verb=Verb.RESTORED, target=now, at=at, before=before, reason=reason)


@transaction.atomic
def put_on_portal(target: Publishable, *, show: bool, actor: Actor, at: datetime) -> None:
    """Put a news item or resource on the portal, or take it off. Doing it twice changes nothing.

    The files of a resource become public with it, because they are what it is for; a news item's are chosen one by one.
    """
    require(actor, Permission.PUBLISH)
    now = _held(target)
    if isinstance(now, TypicalCase):
        raise Refused("典型案例须经第二人脱敏复核后公布，不能直接上线")
    if now.voided_at is not None:
        raise Voided
    if (now.published_at is not None) == show:
        return
    if show and isinstance(now, Resource) and not Attachment.objects.of(now).exists():
        raise NothingToShow
    claim_version(now, now.version)
    now.published_at = at if show else None
    now.published_by_id = actor.user_id if show else None
    now.save(update_fields=["published_at", "published_by"])
    if show and isinstance(now, Resource):
        Attachment.objects.of(now).update(public=True)
    refresh(now)
    record(actor=actor, verb=Verb.PUBLISHED if show else Verb.UNPUBLISHED, target=now, at=at)


@transaction.atomic
def show_file(target: Publishable, *, attachment: Attachment, public: bool, actor: Actor, at: datetime) -> None:
    """Say whether the public sees a file together with its record."""
    require(actor, Permission.PUBLISH)
    _require_own(target.unit_id, actor)
    if isinstance(target, TypicalCase):
        raise Refused("典型案例只公布复核过的文字，附件不公开")
    if attachment.public == public:
        return
    attachment.public = public
    attachment.save(update_fields=["public"])
    before, after = {"public": not public}, {"public": public}
    record(actor=actor, verb=Verb.CHANGED, target=target, at=at, before=before, after=after, label=attachment.name)


@transaction.atomic
def remove_file(target: UnitRecord, *, attachment: Attachment, reason: str, actor: Actor, at: datetime) -> None:
    """Take a file off a record with a reason."""
    _require_own(target.unit_id, actor)
    remove(attachment=attachment, owner=target, actor=actor, at=at, reason=reason)
