"""Visits in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(
    MenuItem("走访调研", "map-pin", "visits:visits", Permission.READ_WORK, "工作记录", 42),
    MenuItem("登记走访", "map-pin", "visits:new", Permission.RECORD_WORK, "工作记录", 41, quick=True, listed=False),
)
