"""What the administrators should do next."""

from collections.abc import Sequence
from datetime import date

from django.urls import reverse

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.web.todos import Todo, todos
from midun.kernel.workflow.models import CalendarYear

_ANNOUNCED_IN = 11


@todos("directory.calendar")
def calendar_of_next_year(actor: Actor, today: date) -> Sequence[Todo]:
    """From November the holidays of the next year are due; a current year without any is overdue."""
    if not actor.may(Permission.MANAGE_SETTINGS):
        return []
    wanted = [today.year] if today.month < _ANNOUNCED_IN else [today.year, today.year + 1]
    held = set(CalendarYear.objects.unscoped("public table").filter(year__in=wanted).values_list("year", flat=True))
    return [
        Todo(
            kind="日历",
            text=f"录入 {year} 年节假日安排并标记为已公布",
            url=reverse("directory:calendar-year", args=[year]),
            note="未公布的年份按周一至周五计算期限",
        )
        for year in wanted
        if year not in held
    ]
