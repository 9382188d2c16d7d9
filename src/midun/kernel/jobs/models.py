"""The table queue, and who works on it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from midun.kernel.jobs.registry import kinds


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs are the platform's own; no person lists them."""

    def due(self, at: datetime) -> Self:
        """Neither done nor given up, their time has come, and nobody holds a lease on them."""
        return self.filter(
            Q(leased_until__isnull=True) | Q(leased_until__lte=at),
            run_at__lte=at,
            done_at__isnull=True,
            failed_at__isnull=True,
            name__in=list(kinds()),
        ).order_by("run_at", "pk")


class Job(models.Model):
    """A piece of work. `key` makes it unique, so enqueuing the same thing twice runs it once."""

    name = models.CharField("任务", max_length=80)
    key = models.CharField("去重键", max_length=160, unique=True)
    arguments = models.JSONField("参数", default=dict)
    run_at = models.DateTimeField("计划时间")
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    leased_until = models.DateTimeField("占用至", null=True)
    done_at = models.DateTimeField("完成时间", null=True)
    failed_at = models.DateTimeField("放弃时间", null=True)
    error = models.TextField("错误", blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = "后台任务"
        verbose_name_plural = "后台任务"
        constraints = (
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(failed_at__isnull=True), name="job_done_or_failed"
            ),
        )
        indexes = (
            models.Index(
                fields=("run_at",),
                condition=Q(done_at__isnull=True, failed_at__isnull=True),
                name="job_pending",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.key}"


class Worker(models.Model):
    """A running `midun work`: it signs every few seconds, so that silence can be noticed."""

    name = models.CharField("进程", max_length=120, unique=True)
    started_at = models.DateTimeField("启动时间")
    seen_at = models.DateTimeField("最近报到")

    class Meta:
        verbose_name = "后台进程"
        verbose_name_plural = "后台进程"

    def __str__(self) -> str:
        return self.name
