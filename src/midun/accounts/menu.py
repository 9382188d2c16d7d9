"""People in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(
    MenuItem("本企业人员", "users", "accounts:own-people", Permission.MANAGE_OWN_PEOPLE, "企业与站点", 22),
    MenuItem("账号", "users", "accounts:people", Permission.MANAGE_USERS, "系统管理", 81),
    MenuItem("人员与身份", "users", "accounts:people", Permission.GRANT_ROLES, "安全管理", 85),
    MenuItem("邀请", "mail", "accounts:invitations", Permission.GRANT_ROLES, "安全管理", 86),
)
