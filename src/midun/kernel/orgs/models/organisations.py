"""The tree of authority, the public division codes, and organisations."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import ENTERPRISE_ROLES, EnterpriseSize, Level, OrganisationKind, Role
from midun.kernel.orgs.models.base import Scoped
from midun.kernel.orgs.scoping import NOBODY, PublicQuerySet


class JurisdictionQuerySet(PublicQuerySet):
    """The tree is public; what happens in it is not."""

    def under(self, path: str) -> Self:
        """The node at `path` and everything below it."""
        return self.filter(path__startswith=path)

    def ancestors_of(self, path: str) -> Self:
        """Nodes strictly above `path`, nearest last."""
        steps = path.rstrip(".").split(".")
        return self.filter(path__in=[".".join(steps[:n]) + "." for n in range(1, len(steps))]).order_by("path")

    def open(self) -> Self:
        """Not closed."""
        return self.filter(closed_on__isnull=True)


class Jurisdiction(Scoped):
    """A node of the tree of authority. `path` is the ids from the root, each followed by a full stop."""

    name = models.CharField("名称", max_length=80)
    level = models.PositiveSmallIntegerField("层级", choices=Level)
    parent = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, blank=True, related_name="children", verbose_name="上级"
    )
    path = models.CharField("路径", max_length=200, unique=True)
    division_code = models.CharField("行政区划代码", max_length=6, blank=True, db_index=True)
    order = models.PositiveIntegerField("排序", default=0)
    version = models.PositiveIntegerField("版本", default=1)
    closed_on = models.DateField("撤销日期", null=True, blank=True)

    objects = JurisdictionQuerySet.guarded()
    reachable = JurisdictionQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "辖区"
        verbose_name_plural = "辖区"
        ordering = ("path",)
        constraints = (
            models.UniqueConstraint(
                fields=("parent", "name"), condition=Q(closed_on__isnull=True), name="jurisdiction_name_below_parent"
            ),
            models.UniqueConstraint(
                fields=("division_code",),
                condition=Q(closed_on__isnull=True) & ~Q(division_code=""),
                name="division_code_once",
            ),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=5), name="jurisdiction_level"),
        )

    def __str__(self) -> str:
        return self.name


class DivisionCodeQuerySet(PublicQuerySet):
    """The public table of division codes."""

    def valid_on(self, day: date) -> Self:
        """Codes in force on `day`; an empty date means since before, or still."""
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=day),
            Q(valid_to__isnull=True) | Q(valid_to__gt=day),
        )


class DivisionCode(Scoped):
    """One line of the public table of administrative divisions (GB/T 2260) with the days it was in force."""

    code = models.CharField("代码", max_length=6)
    name = models.CharField("名称", max_length=80)
    level = models.PositiveSmallIntegerField("层级", choices=Level)
    parent_code = models.CharField("上级代码", max_length=6, blank=True)
    valid_from = models.DateField("启用日期", null=True, blank=True)
    valid_to = models.DateField("停用日期", null=True, blank=True)
    successor = models.CharField("后继代码", max_length=6, blank=True)

    objects = DivisionCodeQuerySet.guarded()
    reachable = DivisionCodeQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "行政区划代码"
        verbose_name_plural = "行政区划代码"
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=("code", "name", "valid_from"), name="division_once"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_to__isnull=True)
                | Q(valid_to__gt=models.F("valid_from")),
                name="division_validity_order",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class OrganisationQuerySet(PublicQuerySet):
    """Who sees which organisation in the directory."""

    @classmethod
    def scope_for(cls, actor: Actor) -> Q:
        """Authorities see their subtree and the line above it; an enterprise sees itself; admins see all units."""
        if actor.works_for_authority:
            above = [actor.path[: i + 1] for i, c in enumerate(actor.path) if c == "."]
            return Q(jurisdiction__path__startswith=actor.path) | Q(
                jurisdiction__path__in=above, kind=OrganisationKind.BUREAU
            )
        if actor.role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN):
            return Q(jurisdiction__path__startswith=actor.path)
        if actor.role in ENTERPRISE_ROLES or actor.role in (Role.EXPERT, Role.NOTARY_OFFICER):
            return Q(pk=actor.organisation_id)
        return NOBODY

    def under(self, path: str) -> Self:
        """Organisations whose node lies in the subtree at `path`."""
        return self.filter(jurisdiction__path__startswith=path)

    def units(self) -> Self:
        """Those that do the work and fill in statistics: bureaus, stations, bases."""
        return self.filter(
            kind__in=(
                OrganisationKind.BUREAU,
                OrganisationKind.SERVICE_STATION,
                OrganisationKind.PROTECTION_BASE,
            )
        )

    def enterprises(self) -> Self:
        """Enterprises only."""
        return self.filter(kind=OrganisationKind.ENTERPRISE)

    def active(self) -> Self:
        """Not closed."""
        return self.filter(closed_on__isnull=True)


class Organisation(Scoped):
    """A bureau, an enterprise, a station or a partner. The credit code is what makes an enterprise one."""

    kind = models.CharField("类型", max_length=20, choices=OrganisationKind)
    name = models.CharField("名称", max_length=120)
    short_name = models.CharField("简称", max_length=60, blank=True)
    credit_code = models.CharField("统一社会信用代码", max_length=18, null=True, blank=True, unique=True)
    jurisdiction = models.ForeignKey(
        Jurisdiction, on_delete=models.RESTRICT, related_name="organisations", verbose_name="辖区"
    )
    sector = models.CharField("行业代码", max_length=4, blank=True, help_text="GB/T 4754—2017")
    size = models.CharField("规模", max_length=10, choices=EnterpriseSize, blank=True)
    park = models.CharField("园区", max_length=80, blank=True)
    address = models.CharField("住所", max_length=200, blank=True)
    contact_name = models.CharField("联系人", max_length=40, blank=True)
    contact_phone = models.CharField("联系电话", max_length=30, blank=True)
    liaison_point = models.BooleanField("商业秘密保护联络点", default=False)
    order = models.PositiveIntegerField("排序", default=0)
    version = models.PositiveIntegerField("版本", default=1)
    closed_on = models.DateField("注销日期", null=True, blank=True)

    objects = OrganisationQuerySet.guarded()
    reachable = OrganisationQuerySet.reachable()

    class Meta(Scoped.Meta):
        verbose_name = "单位"
        verbose_name_plural = "单位"
        ordering = ("order", "id")
        constraints = (
            models.CheckConstraint(
                condition=~Q(kind=OrganisationKind.ENTERPRISE) | Q(credit_code__isnull=False),
                name="enterprise_has_credit_code",
            ),
            models.UniqueConstraint(
                fields=("jurisdiction",),
                condition=Q(kind=OrganisationKind.BUREAU, closed_on__isnull=True),
                name="one_bureau_per_node",
            ),
        )
        indexes = (models.Index(fields=("kind", "jurisdiction"), name="organisation_kind"),)

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The short name where there is one: for tables and tiles."""
        return self.short_name or self.name
