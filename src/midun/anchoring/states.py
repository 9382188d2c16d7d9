"""How each witness and authority is doing: asked again with growing pauses, alarmed when it stays away."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import localtime

from midun.anchoring.models import AnchorState
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import send
from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Membership

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 30, 60, 300, 900))
"""Waiting times after the first, second, … failure; the last one for all further ones."""
ALARM_AFTER = timedelta(minutes=10)


def state_of(kind: AnchorState.Kind, name: str) -> AnchorState:
    """The state of one party; a fresh one for a party never asked."""
    states = AnchorState.objects.unscoped("the platform's own bookkeeping")
    return states.get_or_create(kind=kind, name=name)[0]  # type: ignore[no-any-return]  # managers are built at run time


def due(state: AnchorState, at: datetime) -> bool:
    """Whether the party may be asked."""
    return state.next_at is None or at >= state.next_at


def succeeded(
    state: AnchorState, at: datetime, *, again: datetime | None = None, cosigned: tuple[int, int] | None = None
) -> None:
    """It answered well; `again` is when it may be asked next, `cosigned` the log's number and the size it has seen."""
    state.succeeded_at, state.failing_since, state.failures = at, None, 0
    state.problem, state.next_at, state.alarmed_at = "", again, None
    if cosigned is not None:
        state.known_log, state.known_size = cosigned
    state.save()


def failed(state: AnchorState, at: datetime, problem: str) -> None:
    """It did not; after `ALARM_AFTER` the administrators are told, once for each failure that lasts."""
    state.failures += 1
    state.failing_since = state.failing_since or at
    state.problem = problem[:300]
    state.next_at = at + PAUSES[min(state.failures, len(PAUSES)) - 1]
    with transaction.atomic():
        if state.alarmed_at is None and at - state.failing_since >= ALARM_AFTER:
            state.alarmed_at = at
            _alarm(state, at)
        state.save()


def _alarm(state: AnchorState, at: datetime) -> None:
    everybody = Membership.objects.unscoped("who looks after the installation")
    administrators = everybody.current().filter(role=Role.SYSTEM_ADMIN).select_related("user")
    since = f"{state.failing_since:%Y%m%d%H%M%S}"
    text = f"{state}自 {localtime(state.failing_since):%F %R} 起没有有效应答：{state.problem}"
    key = f"anchor:{state.kind}:{state.name}:{since}"
    send(kind=Notice.Kind.ALERT, to=administrators, text=text, url="/log/anchors/", key=key, at=at)
