"""What the page of an event shows of its list."""

from typing import Any

from django.core.paginator import Paginator

from midun.activities.models import Activity, Certificate, Participation
from midun.activities.views.found import PER_FILE
from midun.kernel.web.page import PageRequest

_PEOPLE = 100


def people_shown(request: PageRequest, activity: Activity) -> dict[str, Any]:
    """A page of the list, with who holds a certificate, what is still open, and who was voided."""
    entries = Participation.objects.unscoped("reached through its event").filter(activity=activity)
    valid = entries.filter(voided_at__isnull=True)
    pages = Paginator(valid.select_related("enterprise").order_by("number"), _PEOPLE)
    shown = pages.get_page(request.GET.get("page"))
    certificates = Certificate.objects.visible_to(request.actor).filter(revoked_at__isnull=True)
    held = {c.participation_id: c for c in certificates.filter(participation__in=[p.pk for p in shown.object_list])}
    certified = certificates.filter(participation__activity=activity).count()
    unmatched = valid.filter(is_enterprise=True, enterprise__isnull=True)
    return {
        "page": shown,
        "page_range": pages.get_elided_page_range(shown.number, on_each_side=2, on_ends=1),
        "people": [(person, held.get(person.pk)) for person in shown.object_list],
        "count": pages.count,
        "enterprises": valid.filter(enterprise__isnull=False).order_by().values("enterprise").distinct().count(),
        "unmatched": unmatched.count(),
        "takeable": unmatched.exclude(credit_code="").count(),
        "voided": entries.filter(voided_at__isnull=False).order_by("number")[:_PEOPLE],
        "certified": certified,
        "certificate_files": range(1, -(-certified // PER_FILE) + 1),
    }
