"""The way of a claim, and how long it may take."""

from midun.claims.models import ClaimState, Urgency
from midun.kernel.orgs.enums import Permission
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.definition import Step, Workflow

WORKING_DAYS = {Urgency.NORMAL: 15, Urgency.URGENT: 5}
"""服务承诺期限: a pledge of the service, not a statutory limit; working days, starting day not counted."""

OPEN = (ClaimState.REGISTERED, ClaimState.ACCEPTED, ClaimState.IN_PROGRESS)

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
            Permission.HANDLE_CLAIM,
            Verb.ACCEPTED,
            stamp="accepted_at",
        ),
        Step(
            "refuse",
            "不予受理",
            (ClaimState.REGISTERED,),
            ClaimState.REFUSED,
            Permission.HANDLE_CLAIM,
            Verb.REFUSED,
            needs_reason=True,
            stamp="closed_at",
        ),
        Step(
            "start", "开始办理", (ClaimState.ACCEPTED,), ClaimState.IN_PROGRESS, Permission.HANDLE_CLAIM, Verb.STARTED
        ),
        Step(
            "close",
            "办结",
            (ClaimState.ACCEPTED, ClaimState.IN_PROGRESS),
            ClaimState.CLOSED,
            Permission.HANDLE_CLAIM,
            Verb.CLOSED,
            stamp="closed_at",
        ),
    ),
)
PUBLIC_WORDS = {
    ClaimState.REGISTERED: "已收到，等待受理",
    ClaimState.ACCEPTED: "办理中",
    ClaimState.IN_PROGRESS: "办理中",
    ClaimState.CLOSED: "已办结",
    ClaimState.REFUSED: "未予受理",
}
"""How a state is told to the enterprise: nothing internal leaks."""
