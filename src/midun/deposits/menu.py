"""Deposits in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(
    MenuItem("存证", "shield-lock", "deposits:list", Permission.READ_DEPOSITS, "存证", 10),
    MenuItem("文件存证", "fingerprint", "deposits:new", Permission.DEPOSIT, "存证", 11, quick=True, listed=False),
    MenuItem("确权存证", "certificate", "deposits:first", Permission.DEPOSIT, "存证", 12),
    MenuItem("研发过程", "history", "deposits:projects", Permission.READ_DEPOSITS, "存证", 13),
    MenuItem("移交公证", "rubber-stamp", "deposits:handoffs", Permission.READ_DEPOSITS, "存证", 14),
    MenuItem("接口令牌", "key", "deposits:tokens", Permission.MANAGE_TOKENS, "存证", 15),
    MenuItem("存证额度", "adjustments", "deposits:quotas", Permission.MANAGE_SETTINGS, "系统管理", 83),
    MenuItem("移交的存证", "rubber-stamp", "deposits:received", Permission.CONFIRM_DEPOSITS, "存证", 16, quick=True),
)
