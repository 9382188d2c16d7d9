"""The directory in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

_UNITS = tuple(
    f"directory:{name}"
    for name in ("node-new", "node-edit", "node-close", "divisions", "organisation", "organisation-edit")
)

register(
    MenuItem("企业名录", "building-factory", "directory:enterprises", Permission.READ_WORK, "企业与站点", 20),
    MenuItem("单位与站点", "sitemap", "directory:units", Permission.READ_WORK, "企业与站点", 21, covers=_UNITS),
    MenuItem(
        "单位与辖区", "sitemap", "directory:units", Permission.MANAGE_ORGANISATIONS, "系统管理", 80, covers=_UNITS
    ),
    MenuItem("工作日历", "calendar", "directory:calendar", Permission.MANAGE_SETTINGS, "系统管理", 82),
    MenuItem("操作留痕", "history", "directory:trail", Permission.READ_TRAIL, "审计", 90),
    MenuItem("登录历史", "login", "directory:logins", Permission.READ_LOGINS, "审计", 91),
)
