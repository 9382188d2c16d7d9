"""What is kept of a comparison report: its summary, never its content."""

from typing import Any

from django.db import models

from midun.kernel.orgs.models import Scoped


class Summarised(Scoped):
    """A report by its digest, and what docs/formats/similarity-summary.md allows to be kept of it."""

    report_sha256 = models.CharField("报告 SHA-256", max_length=64)
    made_at = models.DateTimeField("报告时间")
    summary = models.JSONField("报告摘要")

    class Meta(Scoped.Meta):
        abstract = True

    @property
    def points(self) -> list[dict[str, Any]]:
        """The rows of the share table, shares in percent."""
        shares = ("covered", "verbatim", "adapted", "reordered", "public")
        return [{**p, **{name: f"{p[name]:.1%}" for name in shares}} for p in self.summary["points"]]

    @property
    def sides(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The digests of both sides' inputs."""
        return [("甲方", self.summary["a"]), ("乙方", self.summary["b"])]

    @property
    def above(self) -> int:
        """How many points overlap above the threshold."""
        return sum(point["above_threshold"] for point in self.summary["points"])

    @property
    def said(self) -> str:
        """The report in a few words."""
        return f"{len(self.summary['points'])} 个秘点中 {self.above} 个的重合达到报告阈值"
