"""Carrying notices out of the house: e-mail leaves by a job, so that a slow mail server makes nobody wait."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail

from midun.kernel.jobs.registry import job
from midun.kernel.notify.models import Notice

_FRESH = timedelta(days=3)
"""When the mail server was away for longer, nobody needs the letter any more: the notice stands on the desk."""


@job("notify.mail")
def mail(*, at: datetime, notice: int) -> None:
    """Send one notice by e-mail, unless it was read meanwhile or is old; a failure is tried again by the queue."""
    unread = Notice.objects.unscoped("carry out").unread().filter(pk=notice, sent_at__gt=at - _FRESH)
    found = unread.select_related("membership__user").first()
    if found is None or not found.membership.user.email:
        return
    subject = " ".join(found.text.split())
    where = f"\n\n{settings.MIDUN_BASE_URL}{found.url}" if found.url else ""
    send_mail(f"【秘盾】{subject}", f"{found.text}{where}\n", None, [found.membership.user.email])
