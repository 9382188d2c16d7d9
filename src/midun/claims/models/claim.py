"""The claim."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from midun.claims.models.choices import OPEN, ClaimState, Source, Topic, Urgency
from midun.claims.models.handling import Handover
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ENTERPRISE_ROLES
from midun.kernel.orgs.models import Organisation, UnitRecord, UnitRecordQuerySet, void_iff_reason
from midun.kernel.orgs.scoping import NOBODY

_ENDED = (ClaimState.CLOSED, ClaimState.REFUSED)
_NOT_TAKEN_ON = (ClaimState.REGISTERED, ClaimState.REFUSED)


class ClaimQuerySet(UnitRecordQuerySet):
    """Who sees which claims."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """An enterprise sees its own; an authority those its subtree handles, took down, or handed on."""
        if actor.role in ENTERPRISE_ROLES:
            return Q(enterprise_id=actor.organisation_id)
        if not (actor.works_for_authority and actor.path):
            return NOBODY
        handed_on = Handover.objects.unscoped("who handed a claim on still follows it").filter(
            source__jurisdiction__path__startswith=actor.path
        )
        return (
            super().scope_for(actor)
            | Q(registrar__jurisdiction__path__startswith=actor.path)
            | Q(pk__in=handed_on.values("claim"))
        )

    def overdue(self, today: date) -> "ClaimQuerySet":
        """Open, and past the day by which the next step was promised."""
        waiting = Q(state=ClaimState.REGISTERED, accept_by__lt=today)
        return self.filter(Q(state__in=OPEN, due_on__lt=today) | waiting)


class Claim(UnitRecord):
    """One need or difficulty.

    `unit` handles it now; `registrar` took it down (nobody did when the enterprise raised it itself). The clock runs
    from `clock_from`; `accept_days` and `handle_days` are the working days that were promised at that time.
    """

    registrar = models.ForeignKey(
        Organisation, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="登记单位"
    )
    number = models.CharField("编号", max_length=30, unique=True)
    enterprise = models.ForeignKey(Organisation, on_delete=models.RESTRICT, related_name="+", verbose_name="企业")
    source = models.CharField("来源", max_length=12, choices=Source)
    source_type = models.CharField("来源记录类型", max_length=60, blank=True)
    source_id = models.BigIntegerField("来源记录", null=True, blank=True)
    topic = models.CharField("事项类别", max_length=20, choices=Topic)
    urgency = models.CharField("紧急程度", max_length=10, choices=Urgency, default=Urgency.NORMAL)
    title = models.CharField("诉求概要", max_length=100)
    detail = models.TextField("具体情况", blank=True)
    contact = models.CharField("联系人及电话", max_length=80, blank=True)
    raised_on = models.DateField("提出日期")
    clock_from = models.DateField("期限起算日")
    accept_days = models.PositiveSmallIntegerField("受理期限（工作日）")
    handle_days = models.PositiveSmallIntegerField("办理期限（工作日）")
    accept_by = models.DateField("受理期限")
    due_on = models.DateField("办理期限")
    state = models.CharField("状态", max_length=12, choices=ClaimState, default=ClaimState.REGISTERED)
    accepted_at = models.DateTimeField("受理时间", null=True, blank=True)
    closed_at = models.DateTimeField("办结时间", null=True, blank=True)
    resolved = models.BooleanField("已解决", default=False)
    reply = models.TextField("答复", blank=True)
    is_lead = models.BooleanField("疑似侵权线索", default=False)
    satisfaction = models.PositiveSmallIntegerField("满意度", null=True, blank=True)
    satisfaction_note = models.CharField("评价", max_length=300, blank=True)

    objects = ClaimQuerySet.guarded()
    reachable = ClaimQuerySet.reachable()

    class Meta(UnitRecord.Meta):
        verbose_name = "诉求"
        verbose_name_plural = "诉求台账"
        ordering = ("-raised_on", "-pk")
        indexes = (
            models.Index(fields=("unit", "raised_on"), name="claim_unit_day"),
            models.Index(fields=("state", "due_on"), name="claim_due"),
            models.Index(fields=("enterprise", "raised_on"), name="claim_enterprise_day"),
            models.Index(fields=("source_type", "source_id"), name="claim_source"),
        )
        constraints = (
            void_iff_reason("claim_void_iff_reason"),
            models.CheckConstraint(condition=~Q(title=""), name="claim_has_title"),
            models.CheckConstraint(
                condition=Q(state__in=_ENDED, closed_at__isnull=False)
                | (Q(closed_at__isnull=True) & ~Q(state__in=_ENDED)),
                name="claim_closed_stamp",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_NOT_TAKEN_ON, accepted_at__isnull=True)
                | (Q(accepted_at__isnull=False) & ~Q(state__in=_NOT_TAKEN_ON)),
                name="claim_accepted_stamp",
            ),
            models.CheckConstraint(condition=~Q(state__in=_ENDED) | ~Q(reply=""), name="claim_ended_with_a_reply"),
            models.CheckConstraint(
                condition=Q(resolved=False) | Q(state=ClaimState.CLOSED), name="claim_resolved_only_when_closed"
            ),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__range=(1, 5), state__in=_ENDED),
                name="claim_rated_only_when_ended",
            ),
            models.CheckConstraint(
                condition=Q(registrar__isnull=True, source=Source.ENTERPRISE)
                | (Q(registrar__isnull=False) & ~Q(source=Source.ENTERPRISE)),
                name="claim_registrar_unless_own",
            ),
            models.CheckConstraint(
                condition=Q(clock_from__lte=F("accept_by"), accept_by__lte=F("due_on")), name="claim_deadline_order"
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        """Its page in the ledger."""
        return reverse("claims:claim", args=(self.pk,))

    @property
    def is_open(self) -> bool:
        """Whether it still has to be handled."""
        return self.closed_at is None

    @property
    def next_due(self) -> date:
        """The day by which the next step was promised: taking it on, or closing it."""
        return self.accept_by if self.state == ClaimState.REGISTERED else self.due_on

    def is_handled_under(self, actor: Actor) -> bool:
        """Whether the unit in charge lies in the actor's subtree.

        Others who may see the claim (they took it down or handed it on) see its course and the reply, but not internal
        notes and not the mark as a lead.
        """
        return actor.works_for_authority and actor.covers(self.unit.jurisdiction.path)
