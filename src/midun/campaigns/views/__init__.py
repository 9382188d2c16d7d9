"""Pages of the service month, one module per concept."""

from midun.campaigns.views.campaigns import (
    campaign_documents,
    campaign_edit,
    campaign_list,
    campaign_new,
    campaign_page,
    campaign_step,
    campaign_units,
)
from midun.campaigns.views.imports import import_new, import_preview
from midun.campaigns.views.lines import line_act, line_add, line_edit, line_page, mine
from midun.campaigns.views.plan import current_mine, current_plan, plan_export, plan_page, plan_review
from midun.campaigns.views.progress import campaign_calendar, line_finish, line_unfinish

__all__ = [
    "campaign_calendar",
    "campaign_documents",
    "campaign_edit",
    "campaign_list",
    "campaign_new",
    "campaign_page",
    "campaign_step",
    "campaign_units",
    "current_mine",
    "current_plan",
    "import_new",
    "import_preview",
    "line_act",
    "line_add",
    "line_edit",
    "line_finish",
    "line_page",
    "line_unfinish",
    "mine",
    "plan_export",
    "plan_page",
    "plan_review",
]
