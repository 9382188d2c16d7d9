"""密封比对: opened, bundles received, compared, erased, read, closed. Every act stands in the trail."""

import hashlib
import zlib
from datetime import datetime, timedelta

from django.db import transaction

from midun.claims.models import Claim
from midun.kernel.jobs.services import enqueue
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor, system_actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import NotPossible, Refused, people_with, require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.lib.similarity.report.summary import summarised
from midun.lib.similarity.sealed import LARGEST, SIDES, looks_sealed, new_secret, public_of
from midun.matching.models import Screening, SealedSession
from midun.matching.models.sessions import PARTY
from midun.matching.services import vault
from midun.matching.services.screening import keep

LIVES = timedelta(days=7)
JOB = "matching.compare_sealed"
_PURPOSE, _FAILURE = 120, 300


class SessionProblem(NotPossible):
    """The session cannot be opened, fed, run, read or closed so."""


def _line(text: str, most: int, what: str) -> str:
    line = " ".join(text.split())[:most]
    if not line:
        raise SessionProblem(f"请填写{what}")
    return line


@transaction.atomic
def open_session(
    *,
    unit: Organisation,
    claim: Claim | None,
    purpose: str,
    party_a: str,
    party_b: str,
    actor: Actor,
    at: datetime,
) -> SealedSession:
    """Open a session with a one-time key of its own. Raises `Refused`, `SessionProblem`."""
    require(actor, Permission.SCREEN)
    if actor.user_id is not None and actor.organisation_id != unit.pk:
        raise Refused("只能以本单位的名义开启密封比对")
    if claim is not None and claim.unit_id != unit.pk:
        raise SessionProblem("只能关联本单位办理的诉求")
    secret = new_secret()
    made: SealedSession = SealedSession.objects.create(
        unit=unit,
        claim=claim,
        purpose=_line(purpose, _PURPOSE, "事由"),
        party_a=_line(party_a, PARTY, "甲方"),
        party_b=_line(party_b, PARTY, "乙方"),
        public=public_of(secret),
        opened_at=at,
        opened_by_id=actor.user_id,
        expires_at=at + LIVES,
    )
    vault.put(made.uuid, vault.SECRET, secret)
    record(actor=actor, verb=Verb.SEALED_OPENED, target=made, at=at, after={"key": made.key.fingerprint})
    return made


def _held(session: SealedSession, actor: Actor) -> SealedSession:
    require(actor, Permission.SCREEN)
    now: SealedSession = SealedSession.objects.unscoped("lock").select_for_update(of=("self",)).get(pk=session.pk)
    if actor.user_id is not None and actor.organisation_id != now.unit_id:
        raise Refused("只能办理本单位的密封比对")
    return now


@transaction.atomic
def receive_bundle(session: SealedSession, *, side: str, data: bytes, actor: Actor, at: datetime) -> None:
    """Take a party's bundle, still sealed. Raises `Refused`, `SessionProblem`."""
    now = _held(session, actor)
    if side not in SIDES:
        raise SessionProblem("没有这一方")
    if not now.waits or now.expires_at <= at:
        raise SessionProblem("会话已开始比对、到期或关闭，不能再接收材料")
    if len(data) > LARGEST or not looks_sealed(data):
        raise SessionProblem("不是密封的材料包：请当事方用 midun seal 对本会话文件加密后提交")
    digest = hashlib.sha256(data).hexdigest()
    vault.put(now.uuid, f"{side}.sealed", data)
    setattr(now, f"{side}_sha256", digest)
    setattr(now, f"{side}_at", at)
    now.save(update_fields=[f"{side}_sha256", f"{side}_at"])
    after = {"side": side, "sha256": digest, "size": len(data)}
    record(actor=actor, verb=Verb.SEALED_RECEIVED, target=now, at=at, after=after)


@transaction.atomic
def start_comparison(session: SealedSession, *, actor: Actor, at: datetime) -> None:
    """Have it compared in the background. Raises `Refused`, `SessionProblem`."""
    now = _held(session, actor)
    if not now.waits or now.expires_at <= at:
        raise SessionProblem("会话已开始比对、到期或关闭")
    if not (now.a_at and now.b_at):
        raise SessionProblem("请先接收双方的材料包")
    now.started_at = at
    now.save(update_fields=["started_at"])
    enqueue(JOB, key=f"{JOB}:{now.pk}", at=at, number=now.pk)
    record(actor=actor, verb=Verb.STARTED, target=now, at=at)


@transaction.atomic
def finish(session: SealedSession, *, report: bytes | None, failure: str, at: datetime) -> None:
    """Keep the report (or why there is none) once the material is erased. Raises ValueError if it is not."""
    if vault.folder_of(session.uuid).exists():
        raise ValueError("a report is stored only after the material was erased")
    now: SealedSession = SealedSession.objects.unscoped("lock").select_for_update(of=("self",)).get(pk=session.pk)
    if now.finished_at is not None or now.started_at is None:
        return
    now.erased_at, now.finished_at, now.failure = now.erased_at or at, at, failure[:_FAILURE]
    if report is not None:
        now.report, now.report_sha256 = zlib.compress(report), hashlib.sha256(report).hexdigest()
    now.save(update_fields=["erased_at", "finished_at", "failure", "report", "report_sha256"])
    record(actor=system_actor(), verb=Verb.SEALED_ERASED, target=now, at=at)
    verb = Verb.SEALED_FAILED if report is None else Verb.SEALED_COMPARED
    after = {"report_sha256": now.report_sha256} if report is not None else {"failure": now.failure}
    record(actor=system_actor(), verb=verb, target=now, at=at, after=after)
    _attach(now, report, at)
    there = people_with(Permission.SCREEN, path=now.unit.jurisdiction.path)
    to = [member for member in there if member.organisation_id == now.unit_id]
    url, key = now.get_absolute_url(), f"sealed-{now.pk}"
    send(kind=Notice.Kind.TODO, to=to, text=f"密封比对{now.state}：{now.purpose}", url=url, key=key, at=at)


def _attach(session: SealedSession, report: bytes | None, at: datetime) -> None:
    """Put the summary on the claim it was opened for, if that is still in work here."""
    claim = session.claim
    if report is None or claim is None or not claim.is_open or claim.voided_at or claim.unit_id != session.unit_id:
        return
    summary = summarised(report, titles=True)
    if Screening.objects.unscoped("one per report").live().filter(claim=claim, session=session).exists():
        return
    keep(claim, summary, note="密封比对", session=session, actor=system_actor(), at=at)


@transaction.atomic
def read_report(session: SealedSession, *, form: str, actor: Actor, at: datetime) -> bytes:
    """The report's JSON, for somebody whose look is recorded. Raises `Refused`, `SessionProblem`."""
    now = _held(session, actor)
    if not now.report_sha256:
        raise SessionProblem("还没有报告")
    after = {"form": form, "report_sha256": now.report_sha256}
    record(actor=actor, verb=Verb.SEALED_READ, target=now, at=at, after=after)
    return now.report_json()


@transaction.atomic
def close_session(session: SealedSession, *, actor: Actor, at: datetime) -> None:
    """Close it; material that still lies there is erased. Raises `Refused`, `SessionProblem`."""
    now = _held(session, actor)
    if now.closed_at is not None:
        raise SessionProblem("会话已关闭")
    if now.started_at is not None and now.finished_at is None:
        raise SessionProblem("正在比对，完成后再关闭")
    _close(now, actor, at)


def _close(session: SealedSession, actor: Actor, at: datetime) -> None:
    erasing = session.erased_at is None
    vault.erase(session.uuid)
    session.erased_at = session.erased_at or at
    session.closed_at, session.closed_by_id = at, actor.user_id
    session.save(update_fields=["erased_at", "closed_at", "closed_by"])
    if erasing:
        record(actor=actor, verb=Verb.SEALED_ERASED, target=session, at=at)
    record(actor=actor, verb=Verb.SEALED_CLOSED, target=session, at=at)


@transaction.atomic
def expire(session: SealedSession, *, at: datetime) -> None:
    """Erase and close a session that was not compared in time."""
    now: SealedSession = SealedSession.objects.unscoped("lock").select_for_update(of=("self",)).get(pk=session.pk)
    if now.expires_at <= at and now.erased_at is None and now.started_at is None:
        _close(now, system_actor(), at)
