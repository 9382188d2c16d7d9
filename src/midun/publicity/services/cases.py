"""The way of a typical case to the public: a second person checks that no secret is left."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import StrIndex
from django.urls import reverse
from django.utils.timezone import localdate

from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused, claim_version, people_with, require
from midun.kernel.search.services import refresh
from midun.kernel.trail.models import Entry
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.services import perform
from midun.publicity.models import CaseState, TypicalCase
from midun.publicity.redaction import Trace, traces
from midun.publicity.workflow import CASE, REDACTION

_DRAFT = (CaseState.DRAFT, CaseState.RETURNED, CaseState.WITHDRAWN)
_WRITING = (Verb.CREATED, Verb.CHANGED, Verb.SUBMITTED)
_NAMES = 50


class SamePerson(Exception):
    """Somebody who wrote the case wants to review it; somebody else must."""

    def __init__(self) -> None:
        super().__init__("起草、修改或提交过案例的人不能复核，请由另一名同志复核")


class Unchecked(Exception):
    """Not every point of the redaction check was confirmed."""

    def __init__(self, missing: int) -> None:
        super().__init__(f"还有 {missing} 项脱敏核对没有确认，全部确认后才能公布")


class CaseLocked(Exception):
    """A case that waits for review or is public cannot be edited."""

    def __init__(self) -> None:
        super().__init__("案例已提交复核或已公布，不能修改或作废：请先退回或撤下")


def require_draft(case: TypicalCase) -> None:
    """Raise `CaseLocked` unless the case may be edited."""
    if case.state not in _DRAFT:
        raise CaseLocked


def authors_of(case: TypicalCase) -> set[int | None]:
    """Everybody who wrote, changed or submitted the case: none of them is the second person."""
    entries = Entry.objects.about(case).filter(verb__in=[v.value for v in _WRITING])
    return {case.created_by_id, case.submitted_by_id, *entries.values_list("user_id", flat=True)}


def case_traces(case: TypicalCase) -> list[Trace]:
    """What in a case's text should be looked at before it becomes public, enterprises of the directory included."""
    texts = (case.title, case.decided_by, case.facts, case.outcome, case.comment)
    enterprises = Organisation.objects.unscoped("looking for names in a text").enterprises()
    named = enterprises.annotate(found=StrIndex(Value("\n".join(texts)), F("name"))).filter(found__gt=0)
    return list(traces(texts, known_names=named.order_by("name").values_list("name", flat=True)[:_NAMES]))


def _held(case: TypicalCase) -> TypicalCase:
    rows = TypicalCase.objects.unscoped("lock").select_for_update(of=("self",)).select_related("unit__jurisdiction")
    now: TypicalCase = rows.get(pk=case.pk)
    return now


@transaction.atomic
def submit_case(case: TypicalCase, *, actor: Actor, at: datetime) -> None:
    """Hand a case to a second person for the redaction check."""
    now = _held(case)
    if actor.user_id is not None and actor.organisation_id != now.unit_id:
        raise Refused("只能提交本单位的案例")
    perform(now, CASE.submit, actor=actor, at=at, submitted_by_id=actor.user_id, reviewed_by_id=None, reviewed_at=None)
    claim_version(now, now.version)
    authors = authors_of(now)
    here = now.unit.jurisdiction.path
    send(
        kind=Notice.Kind.TODO,
        to=[m for m in people_with(Permission.REVIEW_CASE, path=here) if m.user_id not in authors],
        text=f"典型案例《{now.title}》等待脱敏复核",
        url=reverse("publicity:case", args=(now.pk,)),
        key=f"case-review:{now.pk}:{now.version}",
        at=at,
    )


def _held_by_second_person(case: TypicalCase, actor: Actor) -> TypicalCase:
    require(actor, Permission.REVIEW_CASE)
    now = _held(case)
    if actor.user_id is None or actor.user_id in authors_of(now):
        raise SamePerson
    return now


@transaction.atomic
def return_case(case: TypicalCase, *, version: int, reason: str, actor: Actor, at: datetime) -> None:
    """Return a case with what must be masked. Raises `Stale` when the text is not the one that was shown."""
    now = _held_by_second_person(case, actor)
    perform(now, CASE.return_, actor=actor, at=at, reason=reason, reviewed_by_id=actor.user_id)
    claim_version(now, version)
    _tell_authors(now, f"典型案例《{now.title}》被退回：{reason}", at=at)


@transaction.atomic
def publish_case(case: TypicalCase, *, version: int, checked: Sequence[str], actor: Actor, at: datetime) -> None:
    """Publish after every point of the redaction check was confirmed by a second person.

    `version` is what the person read: were the text returned, changed and submitted again meanwhile, `Stale` is raised.
    """
    now = _held_by_second_person(case, actor)
    if missing := {key for key, _ in REDACTION} - set(checked):
        raise Unchecked(len(missing))
    perform(
        now,
        CASE.publish,
        actor=actor,
        at=at,
        reviewed_at=at,
        reviewed_by_id=actor.user_id,
        published_on=localdate(at),
        published_by_id=actor.user_id,
        checked=sorted(checked),
    )
    claim_version(now, version)
    refresh(now)
    _tell_authors(now, f"典型案例《{now.title}》已通过脱敏复核并公布", at=at)


@transaction.atomic
def withdraw_case(case: TypicalCase, *, reason: str, actor: Actor, at: datetime) -> None:
    """Take a public case off the portal with a reason; whoever may review may do so at once, its author too."""
    now = _held(case)
    perform(
        now,
        CASE.withdraw,
        actor=actor,
        at=at,
        reason=reason,
        published_at=None,
        published_on=None,
        published_by_id=None,
    )
    claim_version(now, now.version)
    refresh(now)
    _tell_authors(now, f"典型案例《{now.title}》已撤下：{reason}", at=at)


def _tell_authors(case: TypicalCase, text: str, *, at: datetime) -> None:
    here = people_with(Permission.RECORD_WORK, path=case.unit.jurisdiction.path)
    authors = [m for m in here if m.user_id in (case.created_by_id, case.submitted_by_id)]
    url = reverse("publicity:case", args=(case.pk,))
    send(kind=Notice.Kind.RESULT, to=authors, text=text, url=url, key=f"case:{case.pk}:{case.version}", at=at)
