"""The way of a statistics form: 填报 → 审核 → 退回/通过 → 定稿."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics.models import FormState
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
            (FormState.DRAFT, FormState.RETURNED),
            FormState.SUBMITTED,
            Permission.FILL_FORM,
            Verb.SUBMITTED,
            stamp="submitted_at",
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
            Verb.ACCEPTED,
            stamp="reviewed_at",
        ),
        Step(
            "freeze",
            "定稿",
            (FormState.DRAFT, FormState.RETURNED),
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
