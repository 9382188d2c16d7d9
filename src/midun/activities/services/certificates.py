"""Certificates of attendance: issued for one or all, revoked with a reason."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate

from midun.activities import codes
from midun.activities.keys import private_key, public_key
from midun.activities.models import Activity, Certificate, CertificateYear, Participation
from midun.activities.services.own import Voided, locked, require_own
from midun.activities.services.revocation import revoke_all
from midun.activities.statement import Statement, key_id, one_line, sign
from midun.kernel.orgs.actor import Actor
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb


class HoursMissing(Exception):
    """The event has no hours to certify."""

    def __init__(self) -> None:
        super().__init__("请先在“修改”中填写学时，再签发证书")


class NotHeldYet(Exception):
    """The event has not begun."""

    def __init__(self) -> None:
        super().__init__("活动尚未举行，不能签发证书")


class KeyMissing(Exception):
    """Certificates were issued with a key that is not there any more; a new key would make them unverifiable."""

    def __init__(self) -> None:
        super().__init__("签名密钥缺失：请由运维人员从备份恢复 keys 目录后再签发证书")


class AlreadyRevoked(Exception):
    """The certificate was revoked before."""

    def __init__(self) -> None:
        super().__init__("该证书已被撤销，请刷新页面查看")


def statement_of(certificate: Certificate) -> Statement:
    """What was signed."""
    return Statement(
        number=certificate.number,
        name=certificate.person_name,
        enterprise=certificate.enterprise_name,
        event=certificate.event,
        day=certificate.day,
        hours=certificate.hours,
        issuer=certificate.issuer,
        issued=certificate.issued_on,
        code=certificate.code,
    )


@transaction.atomic
def issue(activity: Activity, *, participations: Sequence[int] | None, actor: Actor, at: datetime) -> list[Certificate]:
    """Issue certificates to the given entries of an event, or to all; whoever holds a valid one gets no second.

    Raises `HoursMissing`, `NotHeldYet`.
    """
    require_own(activity, actor)
    now = locked(activity)
    if now.voided_at is not None:
        raise Voided
    if now.hours is None:
        raise HoursMissing
    if now.day > localdate(at):
        raise NotHeldYet
    entries = Participation.objects.unscoped("issuing").filter(activity=now, voided_at__isnull=True)
    if participations is not None:
        entries = entries.filter(pk__in=participations)
    held = Certificate.objects.unscoped("issuing").filter(revoked_at__isnull=True).values("participation")
    due = list(entries.exclude(pk__in=held).select_related("enterprise").order_by("number"))
    if not due:
        return []
    if public_key() is None and Certificate.objects.unscoped("whether a key was in use").exists():
        raise KeyMissing
    first = _take_numbers(localdate(at).year, len(due))
    made = [_certify(now, p, now.hours, serial=first + i, actor=actor, at=at) for i, p in enumerate(due)]
    Certificate.objects.bulk_create(made)
    after = {"certificates": len(made), "first": made[0].number, "last": made[-1].number}
    record(actor=actor, verb=Verb.CERTIFICATE_ISSUED, target=now, at=at, after=after)
    return made


def _take_numbers(year: int, count: int) -> int:
    """The first of `count` numbers; the row stays locked to the end of the transaction."""
    years = CertificateYear.objects.unscoped("numbering")
    years.get_or_create(year=year)
    years.filter(year=year).update(last=F("last") + count)
    return int(years.values_list("last", flat=True).get(year=year)) - count + 1


def _certify(
    activity: Activity, entry: Participation, hours: Decimal, *, serial: int, actor: Actor, at: datetime
) -> Certificate:
    key = private_key()
    today = localdate(at)
    certificate = Certificate(
        participation=entry,
        number=f"ZS-{today.year}-{serial:06d}",
        code=codes.new_code(),
        person_name=one_line(entry.person_name),
        enterprise_name=one_line(entry.enterprise.name if entry.enterprise else entry.enterprise_name),
        event=one_line(activity.title),
        day=activity.day,
        hours=hours,
        issuer=one_line(activity.unit.name),
        issued_on=today,
        key_id=key_id(key.public_key()),
        issued_at=at,
        issued_by_id=actor.user_id,
    )
    certificate.signature = sign(statement_of(certificate), key)
    return certificate


@transaction.atomic
def revoke(certificate: Certificate, *, reason: str, actor: Actor, at: datetime) -> None:
    """Revoke a certificate with a reason. Raises `AlreadyRevoked`."""
    activity = locked(certificate.participation.activity)
    require_own(activity, actor)
    valid = Certificate.objects.unscoped("revoke").filter(pk=certificate.pk, revoked_at__isnull=True)
    if not valid.exists():
        raise AlreadyRevoked
    revoke_all(activity, [certificate.participation_id], reason=reason, actor=actor, at=at)
