"""Who sees rows of the evidence service: an enterprise its own, the public what the log publishes."""

from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class OwnQuerySet(ScopedQuerySet):
    """Rows with a field `enterprise`: members of that enterprise who may read its deposits see them, nobody else."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Only the actor's own enterprise: no bureau and no administrator looks into an enterprise's deposits."""
        if actor.organisation_id is None or not actor.may(Permission.READ_DEPOSITS):
            return NOBODY
        return Q(enterprise_id=actor.organisation_id)


class TenantQuerySet(ScopedQuerySet):
    """Rows with a field `tenant`: as `OwnQuerySet`."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Only the actor's own enterprise."""
        if actor.organisation_id is None or not actor.may(Permission.READ_DEPOSITS):
            return NOBODY
        return Q(tenant__enterprise_id=actor.organisation_id)
