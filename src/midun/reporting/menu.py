"""Reporting in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(
    MenuItem("统计报送", "table", "reporting:boards", Permission.READ_WORK, "统计报送", 50, quick=True),
    MenuItem(
        "统计查询",
        "report-search",
        "reporting:query",
        Permission.READ_WORK,
        "统计报送",
        51,
        covers=("reporting:query-drill",),
    ),
)
