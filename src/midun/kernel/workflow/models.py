"""The working-day calendar, editable by an administrator."""

from django.db import models

from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import PublicQuerySet


class CalendarDay(Scoped):
    """A day on which the rule Monday–Friday does not hold: a statutory holiday or a working weekend (调休)."""

    day = models.DateField("日期", primary_key=True)
    is_working = models.BooleanField("上班")
    note = models.CharField("说明", max_length=60, blank=True)

    objects = PublicQuerySet.guarded()
    reachable = PublicQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "日历"
        verbose_name_plural = "日历"
        ordering = ("day",)

    def __str__(self) -> str:
        return f"{self.day} {'班' if self.is_working else '休'}"


class CalendarYear(Scoped):
    """A year whose holidays are published and entered; others are counted Monday–Friday with a warning."""

    year = models.PositiveSmallIntegerField("年份", primary_key=True)
    source = models.CharField("来源", max_length=120)

    objects = PublicQuerySet.guarded()
    reachable = PublicQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "已公布年份"
        verbose_name_plural = "已公布年份"
        ordering = ("year",)

    def __str__(self) -> str:
        return str(self.year)
