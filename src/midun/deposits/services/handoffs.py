"""Handing deposits to a notary; a partner notary receives them and says whether what it checked matches."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from midun.anchoring import coverage
from midun.deposits.models import HandOff
from midun.evidence.models import Deposit
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import OrganisationKind, Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import NotPossible, Refused, people_with, require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.lib.tlog.errors import Refused as Unsound

MOST = 500


class HandOffProblem(NotPossible):
    """The deposits cannot be handed off, received or confirmed so."""


@transaction.atomic
def hand_off(
    *,
    enterprise: Organisation,
    deposits: Sequence[Deposit],
    purpose: str,
    notary: Organisation | None,
    actor: Actor,
    at: datetime,
) -> HandOff:
    """Make the list. With a partner notary it lands on their page. Raises `Refused`, `HandOffProblem`."""
    require(actor, Permission.DEPOSIT)
    owners = {deposit.tenant.enterprise_id for deposit in deposits}
    if actor.user_id is not None and {actor.organisation_id} != owners | {enterprise.pk}:
        raise Refused("只能移交本企业的存证")
    purpose = " ".join(purpose.split())[:200]
    if not purpose:
        raise HandOffProblem("请填写用途")
    if not 0 < len(deposits) <= MOST:
        raise HandOffProblem(f"请选择 1—{MOST} 条存证")
    if notary is not None and notary.kind != OrganisationKind.NOTARY:
        raise HandOffProblem("所选单位不是公证机构")
    made: HandOff = HandOff.objects.create(
        enterprise=enterprise, notary=notary, purpose=purpose, created_at=at, created_by_id=actor.user_id
    )
    made.deposits.set(deposits)
    if notary is not None:
        text = f"{enterprise.name}移交 {len(deposits)} 条存证，请接收"
        _tell(notary, Permission.CONFIRM_DEPOSITS, text, f"/deposits/received/{made.uuid}/", f"handoff-{made.pk}", at)
    record(actor=actor, verb=Verb.HANDED_OFF, target=made, at=at, after={"deposits": len(deposits)})
    return made


@transaction.atomic
def receive(handoff: HandOff, *, actor: Actor, at: datetime) -> None:
    """The notary takes it on. Raises `Refused`, `HandOffProblem` the second time."""
    now = _held(handoff, actor)
    if now.received_at is not None:
        raise HandOffProblem("已接收过")
    now.received_at = at
    now.save(update_fields=["received_at"])
    record(actor=actor, verb=Verb.HANDOFF_RECEIVED, target=now, at=at)


@transaction.atomic
def confirm(
    handoff: HandOff, *, matches: bool, finding: str, cosignature: Sequence[str] = (), actor: Actor, at: datetime
) -> None:
    """The notary says what the check gave; it cannot be changed. Raises `Refused`, `HandOffProblem`.

    A check that does not match needs a finding. `cosignature` are lines made with the notary's own key
    (`midun witness sign`) over the checkpoint in the file; they are verified and stand in every later proof.
    """
    now = _held(handoff, actor)
    if now.received_at is None:
        raise HandOffProblem("请先接收，再登记核验结果")
    if now.confirmed_at is not None:
        raise HandOffProblem("核验结果已登记，不能更改")
    finding = finding.strip()[:500]
    if not matches and not finding:
        raise HandOffProblem("核验不符时请写明情况")
    if cosignature:
        now.cosigned_size = _cosign(now, cosignature, at)
    now.confirmed_at, now.confirmed_by_id, now.matches, now.finding = at, actor.user_id, matches, finding
    now.save(update_fields=["confirmed_at", "confirmed_by", "matches", "finding", "cosigned_size"])
    record(
        actor=actor,
        verb=Verb.HANDOFF_CONFIRMED,
        target=now,
        at=at,
        after={"matches": matches, "cosigned_size": now.cosigned_size},
    )
    text = f"{now.notary}已登记核验结果：{now.state}"
    _tell(now.enterprise, Permission.DEPOSIT, text, f"/deposits/handoffs/{now.uuid}/", f"handoff-{now.pk}-done", at)


def _cosign(handoff: HandOff, lines: Sequence[str], at: datetime) -> int:
    """Verify and record the notary's cosignature; gives the size of the checkpoint it stands on."""
    checkpoint = handoff.checkpoint()
    if checkpoint is None:
        raise HandOffProblem("这些存证的证明尚未完备，还没有可以共同签名的检查点，请稍后再登记")
    try:
        given = coverage.confirm(checkpoint, lines, at=at)
    except Unsound as refused:
        raise HandOffProblem(f"共同签名未通过：{refused.reason.sentence}") from refused
    if not any(one.witness.role == "notary" for one in given):
        raise HandOffProblem("该签名的密钥不是平台登记的公证机构密钥")
    return checkpoint.size


def _tell(whom: Organisation, right: Permission, text: str, url: str, key: str, at: datetime) -> None:
    there = people_with(right, path=whom.jurisdiction.path)
    to = [member for member in there if member.organisation_id == whom.pk]
    send(kind=Notice.Kind.TODO, to=to, text=text, url=url, key=key, at=at)


def _held(handoff: HandOff, actor: Actor) -> HandOff:
    require(actor, Permission.CONFIRM_DEPOSITS)
    now: HandOff = HandOff.objects.unscoped("lock").select_for_update(of=("self",)).get(pk=handoff.pk)
    if actor.user_id is not None and actor.organisation_id != now.notary_id:
        raise Refused("只能办理移交给本机构的存证")
    return now
