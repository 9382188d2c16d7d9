"""What an administrator is shown of witnesses and authorities: who, since when, until when, and what is wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from midun.anchoring.configuration import FILE, Anchors, AnchorsProblem, Authority, anchors
from midun.anchoring.models import AnchorState, TimeStamp
from midun.anchoring.renewing import AHEAD, due_stamps
from midun.anchoring.running import Condition, condition
from midun.anchoring.stamping import roots_of

SOON = timedelta(days=180)
"""A certificate that ends within so long is pointed at: a licensed authority's contract takes weeks."""
_STATES = AnchorState.Kind


@dataclass(frozen=True)
class Shown:
    """One party. `last` is what it gave last; `ends` the end of its shortest-lived certificate, if it has any."""

    title: str
    role: str
    where: str
    development: bool
    state: AnchorState | None
    last: str
    keys: tuple[str, ...] = ()
    ends: datetime | None = None
    ending: bool = False


@dataclass(frozen=True)
class Overview:
    """The whole page. `renewals_due` counts tokens that will not last `AHEAD`."""

    condition: Condition
    witnesses: tuple[Shown, ...]
    authorities: tuple[Shown, ...]
    renewal: tuple[AnchorState, ...]
    renewals_due: int
    quorum: int = 0
    stamps: int = 0
    file: str = FILE
    ahead_days: int = AHEAD.days


def overview(at: datetime) -> Overview:
    """Everything, at a moment; of a configuration that cannot be read only the problem."""
    rows = AnchorState.objects.unscoped("the administrator's look")
    states = {(state.kind, state.name): state for state in rows}
    renewal = tuple(state for state in states.values() if state.kind == _STATES.RENEWAL)
    try:
        known = anchors()
    except AnchorsProblem:
        return Overview(condition(at), (), (), renewal, 0)
    authorities = tuple(
        _authority(one, states.get((_STATES.AUTHORITY.value, one.name)), at) for one in known.authorities
    )
    due = due_stamps(known, at).count()
    return Overview(condition(at), _witnesses(known, states), authorities, renewal, due, known.quorum, known.stamps)


def _witnesses(known: Anchors, states: dict[tuple[str, str], AnchorState]) -> tuple[Shown, ...]:
    found = []
    for one in known.witnesses:
        state = states.get((_STATES.WITNESS.value, one.name))
        last = f"已见证至 {state.known_size:,} 条" if state and state.known_size else ""
        keys = tuple(key.vkey for key in one.keys)
        found.append(Shown(one.title, one.role_title, _where(one.url), one.development, state, last, keys))
    return tuple(found)


def _authority(one: Authority, state: AnchorState | None, at: datetime) -> Shown:
    stamps = TimeStamp.objects.unscoped("the administrator's look").filter(authority=one.name)
    newest = stamps.order_by("-time").first()
    ends = [root.not_after for root in roots_of(one, at)] + ([newest.valid_until] if newest else [])
    end = min(ends, default=None)
    last = f"共 {stamps.count():,} 个时间戳" if newest else ""
    where = f"{_where(one.url)}，每 {one.every} 秒至多一次"
    return Shown(
        one.title, "", where, one.development, state, last, ends=end, ending=end is not None and end - at <= SOON
    )


def _where(url: str) -> str:
    """The host of an address: what stands behind it may be a customer's number."""
    return urlsplit(url).netloc.rpartition("@")[2] if "://" in url else "本机" if url else "手工确认"
