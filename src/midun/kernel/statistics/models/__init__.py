"""Tables of statistics forms, and of the counts kept for big subtrees."""

from midun.kernel.statistics.models.counts import DayCount
from midun.kernel.statistics.models.forms import OPEN_STATES, FormState, StatForm
from midun.kernel.statistics.models.marks import STAGES, CellAdjustment, CheckExplanation, CountedRecords, FormSnapshot

__all__ = [
    "OPEN_STATES",
    "STAGES",
    "CellAdjustment",
    "CheckExplanation",
    "CountedRecords",
    "DayCount",
    "FormSnapshot",
    "FormState",
    "StatForm",
]
