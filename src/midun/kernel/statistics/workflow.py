"""The way of a statistics form: 填报 → 审核 → 退回/通过; a summary is frozen (汇总定稿) before it goes further up."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics.models import OPEN_STATES, FormState
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.definition import Step, Workflow

FORM = Workflow(
    "stat_form",
    FormState,
    FormState.DRAFT,
    (
        Step(
            "submit",
            "提交",
            (*OPEN_STATES, FormState.FROZEN),
            FormState.SUBMITTED,
            Permission.FILL_FORM,
            Verb.SUBMITTED,
            stamp="submitted_at",
        ),
        Step(
            "withdraw",
            "撤回",
            (FormState.SUBMITTED,),
            FormState.DRAFT,
            Permission.FILL_FORM,
            Verb.WITHDRAWN,
        ),
        Step(
            "return_",
            "退回",
            (FormState.SUBMITTED,),
            FormState.RETURNED,
            Permission.REVIEW_FORM,
            Verb.RETURNED,
            needs_reason=True,
            stamp="reviewed_at",
        ),
        Step(
            "accept",
            "审核通过",
            (FormState.SUBMITTED,),
            FormState.ACCEPTED,
            Permission.REVIEW_FORM,
            Verb.APPROVED,
            stamp="reviewed_at",
        ),
        Step(
            "freeze",
            "汇总定稿",
            OPEN_STATES,
            FormState.FROZEN,
            Permission.FREEZE_FORM,
            Verb.FROZEN,
            stamp="frozen_at",
        ),
        Step(
            "reopen",
            "重新打开",
            (FormState.ACCEPTED, FormState.FROZEN),
            FormState.RETURNED,
            Permission.REVIEW_FORM,
            Verb.UNFROZEN,
            needs_reason=True,
            stamp="reviewed_at",
        ),
    ),
)
