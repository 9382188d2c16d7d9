"""The way of a claim: 登记 → 受理 → 办理 → 办结, with 不予受理 and 转办. The time limits are content (`pledges`)."""

from midun.claims.models import OPEN, ClaimState
from midun.kernel.orgs.enums import Permission
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.definition import Step, Workflow

_RIGHT = Permission.HANDLE_CLAIM

CLAIM = Workflow(
    "claim",
    ClaimState,
    ClaimState.REGISTERED,
    (
        Step(
            "accept",
            "受理",
            (ClaimState.REGISTERED,),
            ClaimState.ACCEPTED,
            _RIGHT,
            Verb.ACCEPTED,
            stamp="accepted_at",
        ),
        Step(
            "refuse",
            "不予受理",
            (ClaimState.REGISTERED,),
            ClaimState.REFUSED,
            _RIGHT,
            Verb.REFUSED,
            needs_reason=True,
            stamp="closed_at",
        ),
        Step("start", "开始办理", (ClaimState.ACCEPTED,), ClaimState.IN_PROGRESS, _RIGHT, Verb.STARTED),
        Step(
            "close",
            "办结",
            (ClaimState.ACCEPTED, ClaimState.IN_PROGRESS),
            ClaimState.CLOSED,
            _RIGHT,
            Verb.CLOSED,
            stamp="closed_at",
        ),
        Step("transfer", "转办", OPEN, ClaimState.REGISTERED, _RIGHT, Verb.TRANSFERRED, needs_reason=True),
    ),
)

PUBLIC_WORDS = {
    ClaimState.REGISTERED: "已收到，等待受理",
    ClaimState.ACCEPTED: "已受理，办理中",
    ClaimState.IN_PROGRESS: "已受理，办理中",
    ClaimState.CLOSED: "已办结",
    ClaimState.REFUSED: "未予受理",
}
"""How a state is told to the enterprise: nothing internal leaks."""
