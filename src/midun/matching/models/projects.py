"""比对项目: an enterprise's comparisons, by digests and shares."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from midun.evidence.models import Deposit
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.models import OwnProject
from midun.kernel.orgs.scoping import OwnQuerySet
from midun.matching.models.summary import Summarised


class ProjectQuerySet(OwnQuerySet):
    """Projects of the actor's own enterprise; no bureau sees any."""

    right = Permission.COMPARE


class ReportQuerySet(ProjectQuerySet):
    """As the project they belong to."""

    owner = "project__enterprise_id"


class ComparisonProject(OwnProject):
    """Comparisons about one matter."""

    right = Permission.COMPARE
    most = 500

    objects = ProjectQuerySet.guarded()
    reachable = ProjectQuerySet.reachable()

    class Meta(OwnProject.Meta):
        verbose_name = "比对项目"
        verbose_name_plural = "比对项目"


class ProjectReport(Summarised):
    """One report of a project.

    `deposit` is the deposit of this very report: linked only after the opening showed that it commits to the digest.
    """

    project = models.ForeignKey(
        ComparisonProject, on_delete=models.RESTRICT, related_name="reports", verbose_name="比对项目"
    )
    submitted_at = models.DateTimeField("提交时间")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.RESTRICT, null=True, related_name="+", verbose_name="提交人"
    )
    deposit = models.ForeignKey(
        Deposit, on_delete=models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="存证"
    )
    linked_at = models.DateTimeField("关联时间", null=True, blank=True)

    objects = ReportQuerySet.guarded()
    reachable = ReportQuerySet.reachable()

    class Meta(Summarised.Meta):
        verbose_name = "比对报告"
        verbose_name_plural = "比对报告"
        ordering = ("-submitted_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("project", "report_sha256"), name="matching_report_once"),
            models.CheckConstraint(
                condition=Q(deposit__isnull=True, linked_at__isnull=True)
                | Q(deposit__isnull=False, linked_at__isnull=False),
                name="matching_report_linked_stamp",
            ),
        )

    def __str__(self) -> str:
        return f"比对报告 {self.report_sha256[:8]}"
