"""What a depositor chose to show of where a deposited file comes from (docs/formats/statement.md)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.evidence.models.deposits import Deposit
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import NOBODY, ScopedQuerySet


class StatementQuerySet(ScopedQuerySet):
    """As the deposits they belong to."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Only the actor's own enterprise."""
        if actor.organisation_id is None or not actor.may(Permission.READ_DEPOSITS):
            return NOBODY
        return Q(deposit__tenant__enterprise_id=actor.organisation_id)


class Statement(Scoped):
    """The source statement of a deposit, shown by explicit choice; most deposits have none here.

    `text` is the statement byte for byte as it stands in the opening's meta: it goes into the bundle. We cannot check
    that (the commitment is salted); whoever opens the deposit can.
    """

    deposit = models.OneToOneField(Deposit, on_delete=models.RESTRICT, related_name="statement", verbose_name="存证")
    text = models.TextField("原文")
    shown_at = models.DateTimeField("出示时间")
    shown_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="出示人"
    )

    objects = StatementQuerySet.guarded()
    reachable = StatementQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "来源说明"
        verbose_name_plural = "来源说明"

    def __str__(self) -> str:
        return str(self.deposit_id)
