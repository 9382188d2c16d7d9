"""Everything that changes publicity's records."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate

from midun.kernel.files.kinds import IMAGES, sniff
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation, UnitRecord
from midun.kernel.orgs.services import claim_version, people_with, require
from midun.kernel.search.services import refresh
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.services import perform
from midun.publicity.models import CaseState, Publishable, TypicalCase
from midun.publicity.redaction import Trace, traces
from midun.publicity.workflow import CASE, REDACTION

Record = TypeVar("Record", bound=UnitRecord)


class SamePerson(Exception):
    """The author of a case wants to review it; somebody else must."""


class Unchecked(Exception):
    """Not every point of the redaction check was confirmed."""


class CaseLocked(Exception):
    """A case that waits for review or is public cannot be edited."""


@transaction.atomic
def add(
    model: type[Record],
    /,
    *,
    unit: Organisation,
    actor: Actor,
    at: datetime,
    files: Sequence[tuple[str, bytes]] = (),
    **fields: Any,
) -> Record:
    """Add a record of `model` for `unit` with its files."""
    require(actor, Permission.RECORD_WORK)
    made: Any = model.objects.create(unit=unit, created_at=at, created_by_id=actor.user_id, **fields)  # type: ignore[attr-defined]  # every UnitRecord has objects
    record(actor=actor, verb=Verb.CREATED, target=made, at=at, after=snapshot(made, *fields))
    add_files(made, files=files, actor=actor, at=at)
    return cast("Record", made)


@transaction.atomic
def add_files(target: UnitRecord, *, files: Sequence[tuple[str, bytes]], actor: Actor, at: datetime) -> None:
    """Hang files on a record; pictures as photos, everything else as documents."""
    for name, data in files:
        kind = Attachment.Kind.PHOTO if sniff(data) in IMAGES else Attachment.Kind.DOCUMENT
        attach(owner=target, data=data, name=name, kind=kind, actor=actor, at=at)


@transaction.atomic
def change(target: UnitRecord, *, version: int, actor: Actor, at: datetime, fields: Mapping[str, Any]) -> None:
    """Change fields of a record; raises `Stale` when somebody was faster, `CaseLocked` for a case not in draft."""
    require(actor, Permission.RECORD_WORK)
    if isinstance(target, TypicalCase) and target.state not in (
        CaseState.DRAFT,
        CaseState.RETURNED,
        CaseState.WITHDRAWN,
    ):
        raise CaseLocked("案例已提交复核或已公布，不能修改：请先退回或撤下")
    names = tuple(fields)
    old = snapshot(target, *names)
    for name, value in fields.items():
        setattr(target, name, value)
    before, after = changed(old, snapshot(target, *names))
    if not after:
        return
    claim_version(target, version)
    target.save(update_fields=list(fields))
    refresh(target)
    record(actor=actor, verb=Verb.CHANGED, target=target, at=at, before=before, after=after)


@transaction.atomic
def void(target: UnitRecord, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Void a record with a reason: it stays, is off the portal and no longer counts."""
    require(actor, Permission.RECORD_WORK)
    claim_version(target, version)
    target.voided_at, target.void_reason = at, reason
    target.save(update_fields=["voided_at", "void_reason"])
    refresh(target)
    record(actor=actor, verb=Verb.VOIDED, target=target, at=at, reason=reason)


@transaction.atomic
def put_on_portal(target: Publishable, *, show: bool, actor: Actor, at: datetime) -> None:
    """Put a news item or resource on the portal, or take it off. Doing it twice changes nothing."""
    require(actor, Permission.PUBLISH)
    if (target.published_at is not None) == show:
        return
    claim_version(target, target.version)
    target.published_at = at if show else None
    target.published_by_id = actor.user_id if show else None
    target.save(update_fields=["published_at", "published_by"])
    refresh(target)
    record(actor=actor, verb=Verb.PUBLISHED if show else Verb.UNPUBLISHED, target=target, at=at)


def case_traces(case: TypicalCase) -> list[Trace]:
    """What in a case's text should be looked at before it becomes public, enterprises of the directory included."""
    texts = (case.title, case.decided_by, case.facts, case.outcome, case.comment)
    whole = "\n".join(texts)
    enterprises = Organisation.objects.unscoped("looking for names in a text").enterprises()
    known = enterprises.filter(jurisdiction__path__startswith=case.unit.jurisdiction.path).values_list(
        "name", flat=True
    )
    return list(traces(texts, known_names=[name for name in known.iterator(chunk_size=5000) if name in whole]))


@transaction.atomic
def submit_case(case: TypicalCase, *, actor: Actor, at: datetime) -> None:
    """Hand a case to a second person for the redaction check."""
    perform(case, CASE.submit, actor=actor, at=at, submitted_by_id=actor.user_id, reviewed_by_id=None)
    reviewers = [m for m in people_with(Permission.REVIEW_CASE, path=actor.path) if m.user_id != actor.user_id]
    send(
        kind=Notice.Kind.TODO,
        to=reviewers,
        text=f"典型案例《{case.title}》等待脱敏复核",
        url=reverse("publicity:case", args=(case.pk,)),
        key=f"case-review:{case.pk}:{at:%s}",
        at=at,
    )


def _second_person(case: TypicalCase, actor: Actor) -> None:
    if actor.user_id in (case.submitted_by_id, case.created_by_id):
        raise SamePerson("起草或提交案例的人不能复核，请由本单位另一名同志复核")


@transaction.atomic
def return_case(case: TypicalCase, *, reason: str, actor: Actor, at: datetime) -> None:
    """Return a case with what must be masked."""
    _second_person(case, actor)
    perform(case, CASE.return_, actor=actor, at=at, reason=reason)
    _tell_author(case, f"典型案例《{case.title}》被退回：{reason}", at=at)


@transaction.atomic
def publish_case(case: TypicalCase, *, checked: Sequence[str], actor: Actor, at: datetime) -> None:
    """Publish after every point of the redaction check was confirmed by a second person."""
    _second_person(case, actor)
    if missing := {key for key, _ in REDACTION} - set(checked):
        raise Unchecked(f"还有 {len(missing)} 项脱敏核对没有确认，全部确认后才能公布")
    perform(
        case,
        CASE.publish,
        actor=actor,
        at=at,
        reviewed_at=at,
        reviewed_by_id=actor.user_id,
        published_on=localdate(at),
        published_by_id=actor.user_id,
        checked=sorted(checked),
    )
    refresh(case)
    _tell_author(case, f"典型案例《{case.title}》已通过脱敏复核并公布", at=at)


@transaction.atomic
def withdraw_case(case: TypicalCase, *, reason: str, actor: Actor, at: datetime) -> None:
    """Take a public case off the portal with a reason."""
    perform(case, CASE.withdraw, actor=actor, at=at, reason=reason, published_at=None, published_on=None)
    refresh(case)


def _tell_author(case: TypicalCase, text: str, *, at: datetime) -> None:
    here = people_with(Permission.RECORD_WORK, path=case.unit.jurisdiction.path)
    authors = [m for m in here if m.user_id in (case.created_by_id, case.submitted_by_id)]
    url = reverse("publicity:case", args=(case.pk,))
    send(kind=Notice.Kind.RESULT, to=authors, text=text, url=url, key=f"case:{case.pk}:{at:%s}", at=at)
