"""Activities in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(
    MenuItem("活动", "calendar", "activities:activities", Permission.READ_WORK, "工作记录", 40),
    MenuItem("登记活动", "plus", "activities:new", Permission.RECORD_WORK, "工作记录", 39, quick=True, listed=False),
)
