"""What people change about themselves."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import User
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb

_OWN = ("title", "phone", "email")


@transaction.atomic
def change_profile(*, user: User, fields: Mapping[str, object], actor: Actor, at: datetime) -> None:
    """Change one's own post, phone and e-mail; a change of nothing writes nothing. Raises `Refused`."""
    if actor.user_id != user.pk:
        raise Refused("只能修改自己的资料")
    old = snapshot(user, *_OWN)
    for name in _OWN:
        setattr(user, name, fields[name])
    before, after = changed(old, snapshot(user, *_OWN))
    if not after:
        return
    user.save(update_fields=list(after))
    record(actor=actor, verb=Verb.CHANGED, target=user, at=at, before=before, after=after)
