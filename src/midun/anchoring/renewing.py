"""Renewing the time-stamps of final checkpoints before their certificates or algorithms age out (timestamp.md)."""

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from midun.anchoring.configuration import Anchors, Authority
from midun.anchoring.models import AnchorState, TimeStamp
from midun.anchoring.rounds import keep_stamp
from midun.anchoring.stamping import obtain
from midun.anchoring.states import due, failed, state_of, succeeded
from midun.kernel.orgs.scoping import PublicQuerySet
from midun.lib.timestamp.errors import Refused
from midun.lib.timestamp.renewal import covered

_log = logging.getLogger(__name__)
AHEAD = timedelta(days=90)
"""Renewal begins so long before the end: an authority that is down for weeks does no harm."""
MOST = 500
"""Tokens renewed in one run: a licensed authority charges by the piece and answers some per second."""


class NoNewer(Exception):
    """No authority of the configuration gives a token that would outlive the old one."""


def renew_due(anchors: Anchors, at: datetime) -> tuple[int, int]:
    """Renew what is due, at most `MOST`; gives how many were renewed and how many are left due.

    A failure ends the run: the same authority would fail for the next token, too, and tomorrow is early enough.
    """
    waiting = due_stamps(anchors, at)
    renewed = 0
    for stamp in waiting.order_by("valid_until", "pk")[:MOST]:
        authority = _chosen(stamp, anchors)
        if authority is None:
            _log.warning("no authority outlives the time-stamp %s of %s", stamp.pk, stamp.authority)
            break
        state = state_of(AnchorState.Kind.RENEWAL, authority.name)
        if not due(state, at):
            break
        try:
            _renew(stamp, authority, at)
        except (Refused, OSError, NoNewer) as error:
            reason = error.reason.sentence if isinstance(error, Refused) else "续期失败"
            failed(state, at, f"{reason}（{error}）")
            break
        succeeded(state, at)
        renewed += 1
    return renewed, waiting.count()


def due_stamps(anchors: Anchors, at: datetime) -> PublicQuerySet:
    """The newest tokens of their chains that will not last `AHEAD`: by certificate, or by an algorithm retired."""
    soon = at + AHEAD
    ageing = Q(valid_until__lte=soon)
    for name, day in anchors.retired.items():
        if day <= soon:
            ageing |= Q(algorithms__regex=rf"(^| ){name.replace('.', '[.]')}( |$)")
    rows: PublicQuerySet = TimeStamp.objects.unscoped("renew before it is too late")
    found: PublicQuerySet = rows.filter(ageing, renewal__isnull=True, checkpoint__final_at__isnull=False)
    return found


def chain_before(stamp: TimeStamp) -> list[TimeStamp]:
    """The chain that ends in this token, first token first."""
    chain = [stamp]
    while chain[0].renews is not None:
        chain.insert(0, chain[0].renews)
    return chain


def _chosen(stamp: TimeStamp, anchors: Anchors) -> Authority | None:
    """The same authority again if it is still configured, else the first."""
    same = [one for one in anchors.authorities if one.name == stamp.authority]
    return next(iter([*same, *anchors.authorities]), None)


def _renew(stamp: TimeStamp, authority: Authority, at: datetime) -> TimeStamp:
    chain = chain_before(stamp)
    record = stamp.checkpoint
    data = covered(record.text.encode(), [bytes(one.token) for one in chain])
    obtained = obtain(authority, data, at)
    if obtained.stamp.valid_until <= stamp.valid_until:
        raise NoNewer(f"valid until {obtained.stamp.valid_until}, the old one until {stamp.valid_until}")
    return keep_stamp(record, authority, obtained, at, renews=stamp)
