"""The two workflows of the service month."""

from midun.campaigns.models import CampaignState, PlanState
from midun.kernel.orgs.enums import Permission
from midun.kernel.trail.verbs import Verb
from midun.kernel.workflow.definition import Step, Workflow

CAMPAIGN = Workflow(
    name="campaign",
    states=CampaignState,
    initial=CampaignState.DRAFT,
    steps=(
        Step(
            name="launch",
            label="启动",
            sources=(CampaignState.DRAFT,),
            target=CampaignState.RUNNING,
            permission=Permission.MANAGE_CAMPAIGNS,
            verb=Verb.LAUNCHED,
            stamp="launched_at",
        ),
        Step(
            name="close",
            label="结束",
            sources=(CampaignState.RUNNING,),
            target=CampaignState.CLOSED,
            permission=Permission.MANAGE_CAMPAIGNS,
            verb=Verb.CLOSED,
            stamp="closed_at",
        ),
        Step(
            name="reopen",
            label="重新打开",
            sources=(CampaignState.CLOSED,),
            target=CampaignState.RUNNING,
            permission=Permission.MANAGE_CAMPAIGNS,
            verb=Verb.REOPENED,
            needs_reason=True,
        ),
    ),
)

PLAN = Workflow(
    name="plan",
    states=PlanState,
    initial=PlanState.DRAFT,
    steps=(
        Step(
            name="submit",
            label="提交审核",
            sources=(PlanState.DRAFT, PlanState.RETURNED),
            target=PlanState.SUBMITTED,
            permission=Permission.ENTER_PLAN,
            verb=Verb.SUBMITTED,
            stamp="submitted_at",
        ),
        Step(
            name="withdraw",
            label="撤回",
            sources=(PlanState.SUBMITTED,),
            target=PlanState.DRAFT,
            permission=Permission.ENTER_PLAN,
            verb=Verb.WITHDRAWN,
        ),
        Step(
            name="approve",
            label="审核通过",
            sources=(PlanState.SUBMITTED,),
            target=PlanState.APPROVED,
            permission=Permission.REVIEW_PLAN,
            verb=Verb.APPROVED,
            stamp="reviewed_at",
        ),
        Step(
            name="send_back",
            label="退回",
            sources=(PlanState.SUBMITTED, PlanState.APPROVED),
            target=PlanState.RETURNED,
            permission=Permission.REVIEW_PLAN,
            verb=Verb.RETURNED,
            needs_reason=True,
            stamp="reviewed_at",
        ),
    ),
)
