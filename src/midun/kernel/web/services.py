"""What a person does with their own saved views. Preferences are not acts, so the trail does not hold them."""

from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.web.models import SavedView

_MOST = 30


class ViewRefused(Exception):
    """A saved view cannot be kept under this name; `str()` says what to do."""


def _own(actor: Actor, number: int) -> SavedView:
    """The actor's view of that number; raises `SavedView.DoesNotExist`."""
    found: SavedView = SavedView.objects.visible_to(actor).get(pk=number)
    return found


def _free(actor: Actor, *, page: str, name: str, besides: int | None = None) -> str:
    """The name, cleaned, if no other view of the list has it."""
    name = name.strip()[:30]
    if not name:
        raise ViewRefused("请填写常用筛选的名称")
    if SavedView.objects.visible_to(actor).filter(page=page, name=name).exclude(pk=besides).exists():
        raise ViewRefused(f"已有名为“{name}”的常用筛选，请换一个名称")
    return name


@transaction.atomic
def keep_view(*, actor: Actor, page: str, path: str, title: str, name: str, query: str) -> SavedView:
    """Keep the filter of a list under a name that is new for that list."""
    if actor.user_id is None:
        raise ViewRefused("登录后才能保存常用筛选")
    name = _free(actor, page=page, name=name)
    if SavedView.objects.visible_to(actor).filter(page=page).count() >= _MOST:
        raise ViewRefused(f"一个列表最多保存 {_MOST} 个常用筛选，请先删除不用的")
    made: SavedView = SavedView.objects.create(
        user_id=actor.user_id, page=page, path=path, title=title, name=name, query=query
    )
    return made


@transaction.atomic
def rename_view(*, actor: Actor, number: int, name: str) -> None:
    """Give one's view another name."""
    view = _own(actor, number)
    view.name = _free(actor, page=view.page, name=name, besides=view.pk)
    view.save(update_fields=["name"])


@transaction.atomic
def default_view(*, actor: Actor, number: int) -> SavedView:
    """Make a view what its list opens with, or stop that if it is so already; returns the view."""
    view = _own(actor, number)
    others = SavedView.objects.visible_to(actor).filter(page=view.page, is_default=True)
    others.exclude(pk=view.pk).update(is_default=False)
    view.is_default = not view.is_default
    view.save(update_fields=["is_default"])
    return view


@transaction.atomic
def drop_view(*, actor: Actor, number: int) -> None:
    """Delete one's view; one that is gone already stays gone."""
    SavedView.objects.visible_to(actor).filter(pk=number).delete()
