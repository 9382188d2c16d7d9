"""How much an enterprise may deposit: seen and set by who keeps the platform's settings.

They see how many entries an enterprise deposited on a day, as the log's readers do, and never which.
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from midun.evidence.models import Tenant, Usage
from midun.evidence.services.tokens import TokenProblem, tenant_of
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Stale, require
from midun.kernel.trail.services import changed, record, snapshot
from midun.kernel.trail.verbs import Verb

PER_DAY: int = Tenant._meta.get_field("per_day").default
PER_MINUTE: int = Tenant._meta.get_field("per_minute").default
MOST = 2_000_000_000
"""What the columns hold."""
_NAMES = ("per_day", "per_minute")


def metered(enterprises: QuerySet[Any], day: date, actor: Actor) -> QuerySet[Any]:
    """The enterprises with `tenant` (None before the first token or deposit), `per_day`, `per_minute`, `used` on a day.

    Raises `Refused`.
    """
    require(actor, Permission.MANAGE_SETTINGS)
    tenants = Tenant.objects.unscoped("quotas, for who sets them").filter(enterprise=OuterRef("pk"))
    usage = Usage.objects.unscoped("quotas, for who sets them").filter(tenant__enterprise=OuterRef("pk"), day=day)
    found: QuerySet[Any] = enterprises.annotate(
        tenant=Subquery(tenants.values("pk")),
        per_day=Coalesce(Subquery(tenants.values("per_day")), Value(PER_DAY)),
        per_minute=Coalesce(Subquery(tenants.values("per_minute")), Value(PER_MINUTE)),
        used=Coalesce(Subquery(usage.values("entries")), Value(0)),
    )
    return found


@transaction.atomic
def set_quota(
    *,
    enterprise: Organisation,
    per_day: int,
    per_minute: int,
    actor: Actor,
    at: datetime,
    shown: tuple[int, int] | None = None,
) -> Tenant:
    """Set how many entries an enterprise may deposit; the log's process follows within seconds.

    `shown` are the numbers the editor saw. Raises `Refused`, `TokenProblem` for numbers below 1, `Stale`.
    """
    require(actor, Permission.MANAGE_SETTINGS)
    if not (1 <= per_day <= MOST and 1 <= per_minute <= MOST):
        raise TokenProblem(f"上限应为 1—{MOST:,} 的整数；要停止一个企业的接口，请撤销其令牌")
    made = tenant_of(enterprise)
    tenant: Tenant = Tenant.objects.unscoped("lock").select_for_update(of=("self",)).get(pk=made.pk)
    if shown is not None and shown != (tenant.per_day, tenant.per_minute):
        raise Stale
    old = snapshot(tenant, *_NAMES)
    tenant.per_day, tenant.per_minute = per_day, per_minute
    tenant.save(update_fields=_NAMES)
    before, after = changed(old, snapshot(tenant, *_NAMES))
    if after:
        record(actor=actor, verb=Verb.SETTING_CHANGED, target=tenant, at=at, before=before, after=after)
    return tenant
