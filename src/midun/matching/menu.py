"""Comparison in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(
    MenuItem("比对项目", "scale", "matching:projects", Permission.COMPARE, "存证", 17),
    MenuItem("线索筛查", "report-search", "matching:screenings", Permission.SCREEN, "工作记录", 46),
    MenuItem("密封比对", "lock", "matching:sessions", Permission.SCREEN, "工作记录", 47),
)
