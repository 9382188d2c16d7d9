"""A form held for an act: locked, of the version the person saw, in the right hands."""

from collections.abc import Iterable

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import Refused, Stale, claim_version, require
from midun.kernel.statistics.models import StatForm


class NotReady(Exception):
    """Something stands in the way; `str()` lists it."""

    def __init__(self, problems: Iterable[str]) -> None:
        super().__init__("；".join(problems))


class NotEditable(Exception):
    """The form waits for review or is settled."""

    def __init__(self) -> None:
        super().__init__("统计表已提交或已定稿，不能修改。需要修改的，请先撤回、退回或重新打开")


def locked(form: StatForm) -> StatForm:
    """The form as it is now, held until the end of the transaction."""
    rows = StatForm.objects.unscoped("lock").select_for_update(of=("self",))
    now: StatForm = rows.select_related("unit__jurisdiction", "above__unit__jurisdiction").get(pk=form.pk)
    return now


def editable(form: StatForm, version: int) -> StatForm:
    """The form held for a change of its content. Raises `NotEditable`, `Stale`."""
    now = locked(form)
    if not now.is_editable:
        raise NotEditable
    if now.version != version:
        raise Stale
    claim_version(now, version)
    return now


def require_filler(form: StatForm, actor: Actor) -> None:
    """Raise `Refused` unless the actor fills in forms of this unit."""
    require(actor, Permission.FILL_FORM)
    if actor.user_id is not None and actor.organisation_id != form.unit_id:
        raise Refused("只能填报本单位的统计表")


def require_reviewer(form: StatForm, actor: Actor) -> None:
    """Raise `Refused` unless the actor reviews forms for the unit above this one."""
    require(actor, Permission.REVIEW_FORM)
    if actor.user_id is not None and actor.organisation_id != form.reviewer_id:
        raise Refused("该统计表由其他单位审核")
