"""Tables of statistics forms."""

from midun.kernel.statistics.models.forms import CellAdjustment, CheckExplanation, FormSnapshot, FormState, StatForm

__all__ = ["CellAdjustment", "CheckExplanation", "FormSnapshot", "FormState", "StatForm"]
