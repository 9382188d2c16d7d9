"""Pages of the desk and the big screen."""

from midun.dashboards.views.pages import board, board_data, desk, desk_figures
from midun.dashboards.views.tables import days, figure, latest, units

__all__ = ["board", "board_data", "days", "desk", "desk_figures", "figure", "latest", "units"]
