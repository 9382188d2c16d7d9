"""Claims in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(
    MenuItem("诉求台账", "messages", "claims:ledger", Permission.READ_WORK, "工作记录", 44),
    MenuItem("登记诉求", "message", "claims:new", Permission.REGISTER_CLAIM, "工作记录", 43, quick=True, listed=False),
    MenuItem("意见建议", "clipboard-list", "claims:suggestions", Permission.READ_WORK, "工作记录", 45),
    MenuItem("我的诉求", "messages", "claims:own", Permission.RAISE_CLAIM, "企业与站点", 10, quick=True),
)
