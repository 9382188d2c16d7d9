"""Sending notices."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction

from midun.kernel.notify.models import Notice
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Membership

_TEXT = 300


@transaction.atomic
def send(*, kind: Notice.Kind, to: Iterable[Membership], text: str, url: str, key: str, at: datetime) -> int:
    """Give each membership one notice. The same `key` to the same membership is sent once; returns how many were new.

    The notice is written in the caller's transaction; e-mail, where configured, leaves on commit.
    """
    notices = [
        Notice(membership=m, kind=kind, text=text[:_TEXT], url=url, key=key, sent_at=at)
        for m in {m.pk: m for m in to}.values()
    ]
    held = set(
        Notice.objects.unscoped("send once")
        .filter(key=key, membership__in=[n.membership_id for n in notices])
        .values_list("membership_id", flat=True)
    )
    new = [n for n in notices if n.membership_id not in held]
    Notice.objects.bulk_create(new, ignore_conflicts=True)
    addresses = [n.membership.user.email for n in new if n.membership.user.email]
    if addresses and settings.MIDUN_EMAIL_NOTICES:
        transaction.on_commit(lambda: _mail(addresses, text, url), robust=True)
    return len(new)


def _mail(addresses: list[str], text: str, url: str) -> None:
    for address in addresses:
        send_mail(f"【秘盾】{text}", f"{text}\n\n{settings.MIDUN_BASE_URL}{url}\n", None, [address])


@transaction.atomic
def mark_read(*, actor: Actor, at: datetime, notice_id: int | None = None) -> int:
    """Mark one notice of the actor, or all of them, as read; returns how many changed."""
    unread = Notice.objects.visible_to(actor).unread()
    if notice_id is not None:
        unread = unread.filter(pk=notice_id)
    changed: int = unread.update(read_at=at)
    return changed
