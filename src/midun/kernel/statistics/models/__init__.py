"""Tables of statistics forms."""

from midun.kernel.statistics.models.forms import OPEN_STATES, FormState, StatForm
from midun.kernel.statistics.models.marks import CellAdjustment, CheckExplanation, CountedRecords, FormSnapshot

__all__ = [
    "OPEN_STATES",
    "CellAdjustment",
    "CheckExplanation",
    "CountedRecords",
    "FormSnapshot",
    "FormState",
    "StatForm",
]
