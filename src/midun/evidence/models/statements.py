"""What a depositor chose to show of where a deposited file comes from (docs/formats/statement.md)."""

from django.conf import settings
from django.db import models

from midun.evidence.models.deposits import Deposit
from midun.evidence.models.scopes import OwnQuerySet
from midun.kernel.orgs.models import Scoped


class StatementQuerySet(OwnQuerySet):
    """As the deposits they belong to."""

    owner = "deposit__tenant__enterprise_id"


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
