"""What reporting asks people to do."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics.models import OPEN_STATES, FormState, StatForm
from midun.kernel.web.todos import Todo, todos

_LIMIT, _AHEAD = 15, 10


@todos("reporting")
def forms_to_do(actor: Actor, today: date) -> Sequence[Todo]:
    """Forms to fill, to gather, to hand in further up, and to review."""
    if not actor.works_for_authority:
        return []
    below = StatForm.objects.unscoped("whether others go into it").filter(above=OuterRef("pk"))
    known = StatForm.objects.visible_to(actor).select_related("unit", "above")
    own = known.filter(unit_id=actor.organisation_id).annotate(summary=Exists(below))
    found: list[Todo] = []
    if actor.may(Permission.FILL_FORM):
        near = Q(state=FormState.DRAFT, due_on__lte=today + timedelta(days=_AHEAD)) | Q(state=FormState.RETURNED)
        for form in own.filter(near, summary=False, above__isnull=False)[:_LIMIT]:
            kind = "统计表退回" if form.state == FormState.RETURNED else "填报统计表"
            found.append(Todo(kind, str(form), form.get_absolute_url(), form.due_on, form.return_reason))
        frozen = own.filter(state=FormState.FROZEN, above__isnull=False)[:_LIMIT]
        found += [Todo("上报汇总表", str(f), f.get_absolute_url(), f.due_on) for f in frozen]
    if actor.may(Permission.FREEZE_FORM):
        waiting = below.exclude(state=FormState.ACCEPTED)
        ready = own.filter(summary=True, state__in=OPEN_STATES).exclude(Exists(waiting))[:_LIMIT]
        found += [Todo("汇总定稿", str(f), f.get_absolute_url(), f.due_on, "各单位都已审核通过") for f in ready]
    if actor.may(Permission.REVIEW_FORM):
        handed_in = known.filter(state=FormState.SUBMITTED, above__unit_id=actor.organisation_id)
        found += [Todo("审核统计表", str(f), f.get_absolute_url()) for f in handed_in[:_LIMIT]]
    return found
