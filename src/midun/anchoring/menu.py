"""Witnesses and time-stamps in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(MenuItem("见证与时间戳", "signature", "anchoring:parties", Permission.MANAGE_SETTINGS, "系统管理", 84))
