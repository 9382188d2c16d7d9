"""What deposits ask people to do: a notary to receive and check, an enterprise to renew a token before it ends."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.timezone import localdate

from midun.deposits.models import HandOff
from midun.evidence.models import Token
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos
from midun.lib.wording import quoted

_MOST = 20
_SOON = timedelta(days=14)


@todos("deposits")
def deposit_todos(actor: Actor, today: date) -> Sequence[Todo]:
    """Hand-offs for a notary; tokens that end within a fortnight for who manages them."""
    return [*_handed_off(actor), *_tokens(actor, today)][:_MOST]


def _handed_off(actor: Actor) -> list[Todo]:
    if not actor.may(Permission.CONFIRM_DEPOSITS):
        return []
    waiting = HandOff.objects.visible_to(actor).with_names().filter(confirmed_at__isnull=True)
    return [
        Todo("核验" if h.received_at else "接收", f"{h.enterprise.name}：{h.purpose}", f"/deposits/received/{h.uuid}/")
        for h in waiting[:_MOST]
    ]


def _tokens(actor: Actor, today: date) -> list[Todo]:
    if not actor.may(Permission.MANAGE_TOKENS):
        return []
    living = Token.objects.visible_to(actor).filter(revoked_at__isnull=True)
    ending = living.filter(expires_at__date__gte=today, expires_at__date__lte=today + _SOON).order_by("expires_at")
    return [
        Todo("更换", f"接口令牌{quoted(token.name)}即将到期", "/deposits/tokens/", localdate(token.expires_at))
        for token in ending[:_MOST]
    ]
