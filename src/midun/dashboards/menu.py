"""The desk and the big screen in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(
    MenuItem("我的工作台", "home", "dashboards:desk", Permission.USE_DESK, "工作台", 1),
    MenuItem("数据大屏", "chart-bar", "dashboards:board", Permission.READ_BOARD, "工作台", 2),
)
