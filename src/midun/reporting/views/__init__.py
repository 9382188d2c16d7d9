"""Pages of statistics reporting."""

from midun.reporting.views.boards import board, boards
from midun.reporting.views.comparison import comparison
from midun.reporting.views.drill import drill
from midun.reporting.views.forms import act, form
from midun.reporting.views.papers import form_paper, sealed, summary
from midun.reporting.views.query import query, query_drill

__all__ = [
    "act",
    "board",
    "boards",
    "comparison",
    "drill",
    "form",
    "form_paper",
    "query",
    "query_drill",
    "sealed",
    "summary",
]
