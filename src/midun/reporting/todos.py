"""What reporting asks people to do."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.statistics.models import FormState, StatForm
from midun.kernel.web.todos import Todo, todos

_LIMIT, _AHEAD = 30, 10


@todos("reporting")
def forms_to_do(actor: Actor, today: date) -> Sequence[Todo]:
    """Forms to fill (returned at once, others ten days before they are due) and forms to review."""
    found: list[Todo] = []
    known = StatForm.objects.visible_to(actor).select_related("unit", "superior")
    if actor.may(Permission.FILL_FORM):
        near = Q(state=FormState.DRAFT, due_on__lte=today + timedelta(days=_AHEAD)) | Q(state=FormState.RETURNED)
        for form in known.filter(near, unit_id=actor.organisation_id)[:_LIMIT]:
            kind = "统计表退回" if form.state == FormState.RETURNED else "填报统计表"
            found.append(Todo(kind, str(form), form.get_absolute_url(), form.due_on, form.return_reason))
    if actor.may(Permission.REVIEW_FORM):
        waiting = known.filter(state=FormState.SUBMITTED, superior_id=actor.organisation_id)
        found += [Todo("审核统计表", str(f), f.get_absolute_url()) for f in waiting[:_LIMIT]]
    return found
