"""Reminders of copies whose day of return is near or past."""

from datetime import date, datetime, timedelta

from django.utils.timezone import localdate

from midun.kernel.jobs.registry import job
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Membership
from midun.kernel.orgs.services import people_with
from midun.lib.wording import quoted
from midun.marking.models import IssueBatch
from midun.marking.todos import SOON

_WEEK = 7


@job("marking.recall", every=timedelta(hours=12))
def recall(*, at: datetime) -> None:
    """Once a week before, once on the day, and then every week while copies are out."""
    today = localdate(at)
    due = IssueBatch.objects.unscoped("reminders").to_come_back(today + SOON)
    for batch in due.select_related("enterprise__jurisdiction"):
        text, step = _said(batch, today)
        key = f"copies-due:{batch.pk}:{batch.expires_on}:{step}"
        url = batch.get_absolute_url()
        send(kind=Notice.Kind.REMINDER, to=_responsible(batch), text=text, url=url, key=key, at=at)


def _said(batch: IssueBatch, today: date) -> tuple[str, str]:
    left = ((batch.expires_on or today) - today).days
    what = f"副本{quoted(batch.title)}还有 {batch.out} 份未收回或销毁"
    why = "保密期限" if batch.by_term else "收回日期"
    if left > 0:
        return f"{what}，{why}还有 {left} 天", "soon"
    if left == 0:
        return f"{what}，{why}是今天", "today"
    return f"{what}，{why}已过 {-left} 天", f"late{-left // _WEEK}"


def _responsible(batch: IssueBatch) -> list[Membership]:
    """Who submitted the batch, if still there, and who approves."""
    path, held = batch.enterprise.jurisdiction.path, {}
    for right in (Permission.DEPOSIT, Permission.APPROVE_COPIES):
        for one in people_with(right, path=path):
            wanted = right is Permission.APPROVE_COPIES or one.user_id == batch.submitted_by_id
            if wanted and one.organisation_id == batch.enterprise_id:
                held[one.pk] = one
    return list(held.values())
