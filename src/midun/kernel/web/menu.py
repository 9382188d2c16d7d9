"""The menu: every app registers its entries in `menu.py`; a person sees those their role may open."""

from dataclasses import dataclass

from django.urls import reverse

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission


@dataclass(frozen=True)
class MenuItem:
    """One entry. `group` is the heading it stands under; `listed=False` keeps it out of the menu itself.

    `quick` puts it on the desk, into the 登记 button and at the foot of the phone. `covers` are names of other
    addresses that belong to it, for pages whose address does not begin with the entry's own.
    """

    label: str
    icon: str
    url_name: str
    permission: Permission
    group: str
    order: int
    quick: bool = False
    listed: bool = True
    covers: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """Its address."""
        return reverse(self.url_name)


GROUPS = ("工作台", "服务月", "工作记录", "统计报送", "企业与站点", "存证", "宣传公示", "系统管理", "安全管理", "审计")
"""Headings in the order they are shown."""

_ITEMS: dict[tuple[str, str], MenuItem] = {}


def register(*items: MenuItem) -> None:
    """Add entries; registering the same address and label again replaces it."""
    for item in items:
        if item.group not in GROUPS:
            raise ValueError(f"unknown menu group {item.group}")
        _ITEMS[item.url_name, item.label] = item


def menu_for(actor: Actor) -> list[tuple[str, list[MenuItem]]]:
    """The headings and entries `actor` may open."""
    mine = sorted((i for i in _ITEMS.values() if i.listed and actor.may(i.permission)), key=lambda i: i.order)
    grouped = [(group, [i for i in mine if i.group == group]) for group in GROUPS]
    return [(group, items) for group, items in grouped if items]


def quick_for(actor: Actor) -> list[MenuItem]:
    """The quick entries of `actor`, for the desk and the phone."""
    return sorted((i for i in _ITEMS.values() if i.quick and actor.may(i.permission)), key=lambda i: i.order)


def here(menu: list[tuple[str, list[MenuItem]]], *, path: str, name: str) -> MenuItem | None:
    """The one entry under which the page at `path` (its address called `name`) stands."""
    items = [item for _, group in menu for item in group]
    named = [item for item in items if name and name in (item.url_name, *item.covers)]
    if named:
        return named[0]
    above = [item for item in items if path.startswith(item.url)]
    return max(above, key=lambda item: len(item.url), default=None)
