"""Menu entries of the service month."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(
    MenuItem("服务月", "calendar-event", "campaigns:list", Permission.READ_WORK, "服务月", 10),
    MenuItem(
        "活动安排",
        "list-details",
        "campaigns:current-plan",
        Permission.READ_WORK,
        "服务月",
        20,
        covers=("campaigns:plan",),
    ),
    MenuItem(
        "本单位安排",
        "clipboard-text",
        "campaigns:current-mine",
        Permission.ENTER_PLAN,
        "服务月",
        30,
        covers=("campaigns:mine",),
    ),
)
