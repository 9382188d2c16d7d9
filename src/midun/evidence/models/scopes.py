"""Who sees rows of the evidence service: an enterprise its own, the public what the log publishes."""

from midun.kernel.orgs import scoping
from midun.kernel.orgs.enums import Permission


class OwnQuerySet(scoping.OwnQuerySet):
    """Rows with a field `enterprise`: members of that enterprise who may read its deposits see them, nobody else."""

    right = Permission.READ_DEPOSITS


class TenantQuerySet(OwnQuerySet):
    """Rows with a field `tenant`: as `OwnQuerySet`."""

    owner = "tenant__enterprise_id"
