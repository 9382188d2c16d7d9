"""Marked copies in the menu."""

from midun.kernel.orgs.enums import Permission
from midun.kernel.web.menu import MenuItem, register

register(MenuItem("副本登记", "notebook", "marking:batches", Permission.READ_DEPOSITS, "存证", 18))
