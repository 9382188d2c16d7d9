"""Sending notices."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction

from midun.kernel.jobs.services import enqueue
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Membership

_TEXT = 300


@transaction.atomic
def send(*, kind: Notice.Kind, to: Iterable[Membership], text: str, url: str, key: str, at: datetime) -> int:
    """Give each membership one notice. The same `key` to the same membership is sent once; returns how many were new.

    The notice is written in the caller's transaction, and so is the job that mails it where e-mail is configured.
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
    if settings.MIDUN_EMAIL_NOTICES:
        _queue_mail(key, new, at)
    return len(new)


def _queue_mail(key: str, notices: Sequence[Notice], at: datetime) -> None:
    """One job per notice, in the transaction of the act: an act that is undone tells nobody."""
    reachable = [n.membership_id for n in notices if n.membership.user.email]
    written = Notice.objects.unscoped("carry out").filter(key=key, membership__in=reachable)
    for pk in written.values_list("pk", flat=True):
        enqueue("notify.mail", key=f"notify.mail:{pk}", at=at, notice=pk)


@transaction.atomic
def mark_read(*, actor: Actor, at: datetime, notice_id: int | None = None) -> int:
    """Mark one notice of the actor, or all of them, as read; returns how many changed."""
    unread = Notice.objects.visible_to(actor).unread()
    if notice_id is not None:
        unread = unread.filter(pk=notice_id)
    changed: int = unread.update(read_at=at)
    return changed
